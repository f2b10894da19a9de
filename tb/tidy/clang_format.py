"""Checks that every C++ file is formatted as .clang-format says.

    python3 tb/tidy/clang_format.py CLANG_FORMAT ROOT
"""

import subprocess
import sys

from repository_files import repository_files


def main(arguments):
    if len(arguments) != 2:
        print("clang_format.py: expected CLANG_FORMAT and ROOT, as in `clang_format.py clang-format-14 .`", file=sys.stderr)
        return 2
    program, root = arguments
    files = [path for path in repository_files(root) if path.endswith((".cpp", ".h"))]
    status = subprocess.run([program, "--dry-run", "-Werror", *files], cwd=root, check=False).returncode
    print(f"{len(files)} files" + ("" if status == 0 else f"; {program} -i FILE formats a file"))
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
