"""A night whose Parquet another engine wrote is judged the same: python rewrite.py BOUNCESCOPE NIGHT [NIGHT ...]

Copies each night with its Parquet files written anew by DuckDB, and compares what `explain` says of every incident. Exit code
1 with the first difference.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb


def explained(binary, night, name):
    command = [binary, "explain", "--incident", name, "--from", night]
    run = subprocess.run(command, capture_output=True, text=True, env={"NO_COLOR": "1"})
    return run.stdout.replace(str(night), "NIGHT"), run.returncode, run.stderr


def different(binary, night):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / night.name
        shutil.copytree(night, copy)
        for name in ["events", "deliveries"]:
            target = copy / f"{name}.parquet"
            duckdb.sql(f"COPY (FROM read_parquet('{night / name}.parquet')) TO '{target}' (FORMAT parquet)")
        with open(night / "incidents.csv", newline="") as file:
            names = [row["id"] for row in csv.DictReader(file)]
        for name in names:
            ours, theirs = explained(binary, night, name), explained(binary, copy, name)
            if ours != theirs or ours[1] != 0 or not ours[0]:
                print(f"{night}: {name}:\n{ours}\nand rewritten\n{theirs}")
                return 1
        print(f"{night}: {len(names)} incidents are told the same")
        return 0 if names else 1


if __name__ == "__main__":
    sys.exit(max(different(sys.argv[1], Path(night)) for night in sys.argv[2:]))
