"""A real Slurm of two nodes on this machine: munged, slurmctld and two slurmd, in a folder of their own.

    python3 tb/sweep/slurm_cluster.py FOLDER    starts it, prints SLURM_CONF, and stops it at the end of standard input

Needs Debian's packages munge, slurmctld, slurmd and slurm-client, and runs as root: the jobs' processes are found by their
parents (proctrack/linuxproc), without cgroups.
"""

import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo"]
NODES = ["n1", "n2"]

CONFIG = """\
ClusterName=tablewalk
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdTimeout={timeout}
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,defer
ReturnToService=2
KillWait=1
MessageTimeout=5
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={port1} CPUs={cpus} RealMemory=1000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={port2} CPUs={cpus} RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing_programs():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    found = {name for name in PROGRAMS for folder in path.split(":") if os.path.exists(os.path.join(folder, name))}
    return [name for name in PROGRAMS if name not in found]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def processes():
    """(pid, parent, name, environment) of every process that can be read."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                head, _, rest = file.read().rpartition(")")
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read().split(b"\0")
        except OSError:
            continue
        yield int(entry), int(rest.split()[1]), head.partition("(")[2], environment


class Cluster:
    """`with Cluster(folder) as cluster: subprocess.run([...], env=cluster.environment)`."""

    def __init__(self, folder, cpus=1, timeout=5):
        self.folder = pathlib.Path(folder)
        self.cpus = cpus
        self.timeout = timeout
        self.daemons = {}
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ["state", *(f"spool-{node}" for node in NODES)]:
            (self.folder / name).mkdir(exist_ok=True)
        port, port1, port2 = free_ports(3)
        text = CONFIG.format(host=socket.gethostname(), folder=self.folder, port=port, port1=port1, port2=port2,
                             cpus=self.cpus, timeout=self.timeout)
        (self.folder / "slurm.conf").write_text(text)
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        self.daemon("munged", "munged", "--foreground", "--force", f"--key-file={key}",
                    f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                    f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munged.seed")
        wait_for("munged", (self.folder / "munge.socket").exists)
        self.daemon("slurmctld", "slurmctld", "-D", "-c")
        for node in NODES:
            self.start_node(node)
        wait_for("the nodes are idle", lambda: self.node_states() == {node: "idle" for node in NODES})

    def daemon(self, name, *command):
        with open(self.folder / f"{name}.out", "ab") as log:
            self.daemons[name] = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                                  stderr=log)

    def start_node(self, node):
        self.daemon(node, "slurmd", "-D", "-N", node)

    def marks(self, node):
        """In the environment of the processes of its jobs."""
        return {f"SLURM_CONF={self.folder}/slurm.conf".encode(), f"SLURMD_NODENAME={node}".encode()}

    def works(self, node):
        """Whether a process of a job runs there."""
        marks = self.marks(node)
        return any(marks <= set(environment) for _, _, _, environment in processes())

    def kill_node(self, node):
        """As if its power failed: slurmd, and the processes of its jobs, which are not its children."""
        daemon = self.daemons.pop(node)
        daemon.kill()
        daemon.wait()
        marks = self.marks(node)
        everything = list(processes())
        ours = {pid: parent for pid, parent, _, environment in everything if marks <= set(environment)}
        # slurmstepd overwrites its environment with its title.
        steps = [pid for pid, _, name, _ in everything if name == "slurmstepd" and pid in ours.values()]
        for pid in [*steps, *ours]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(ours)

    def node_states(self):
        done = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %T"], env=self.environment, capture_output=True, text=True,
                              check=False)
        return dict(line.split() for line in done.stdout.splitlines())

    def stop(self):
        for name in reversed(list(self.daemons)):
            daemon = self.daemons[name]
            daemon.terminate()
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()
        for pid in list(self.leftover_steps()):
            os.kill(pid, signal.SIGKILL)

    def leftover_steps(self):
        """slurmstepd of our nodes, which goes on without them: it has a file open in our folder."""
        for pid, _, name, _ in processes():
            folder = f"/proc/{pid}/fd"
            try:
                opened = [os.readlink(os.path.join(folder, file)) for file in os.listdir(folder)]
            except OSError:
                continue
            if name == "slurmstepd" and any(file.startswith(f"{self.folder}/") for file in opened):
                yield pid


def main(arguments):
    if len(arguments) != 1:
        print("usage: slurm_cluster.py FOLDER", file=sys.stderr)
        return 2
    missing = missing_programs()
    if missing:
        print(f"slurm_cluster.py: {', '.join(missing)} not found: expected Debian's packages munge, slurmctld, slurmd and "
              "slurm-client", file=sys.stderr)
        return 2
    with Cluster(os.path.abspath(arguments[0])) as cluster:
        print(f"SLURM_CONF={cluster.environment['SLURM_CONF']}", flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
