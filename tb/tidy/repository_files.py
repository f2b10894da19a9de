"""The files of the repository."""

import os
import subprocess

OUTSIDE = {".git", "build", "results", "__pycache__", ".cache"}


def repository_files(root):
    """Paths relative to root, sorted: known to or addable by git; without git, all except build products."""
    listed = listed_by_git(root)
    if listed is None:
        listed = found_by_walking(root)
    return sorted(path for path in listed if os.path.isfile(os.path.join(root, path)))


def listed_by_git(root):
    if not os.path.isdir(os.path.join(root, ".git")):
        return None
    try:
        listing = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None  # no git, or a checkout of another owner: walking finds the same files
    return {path for path in listing.stdout.decode().split("\0") if path and not path.endswith(".pyc")}


def found_by_walking(root):
    found = set()
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in OUTSIDE]
        found.update(os.path.relpath(os.path.join(folder, name), root) for name in names)
    return found
