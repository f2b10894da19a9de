"""Runs a test against a mutant, and says how it ended."""

import os
import signal
import subprocess
import threading


def run(command, environment, longest_wait_seconds, verbose=False, folder=None):
    """How the command ended ('passed', 'failed', 'crashed' or 'hung'), and its seconds of processor time.

    Processes that it leaves running are killed; one that takes more than `longest_wait_seconds` has hung.
    """
    output = None if verbose else subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                               start_new_session=True, cwd=folder)
    watch = threading.Timer(longest_wait_seconds, os.killpg, (process.pid, signal.SIGALRM))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    watch.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    ending = "passed" if process.returncode == 0 else "failed" if process.returncode > 0 else "crashed"
    if -process.returncode in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM):
        ending = "hung"
    return ending, usage.ru_utime + usage.ru_stime
