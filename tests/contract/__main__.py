"""`python -m tests.contract [NAME…]`: every mutant through the whole check, one line each."""

import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.contract.checking import judge_mutant, run
from tests.contract.mutants import MUTANTS


def try_one(index):
    mutant = MUTANTS[index]
    began = time.monotonic()
    report = run(mutant.server())
    problem = judge_mutant(mutant, report)
    names = [f"{'~' if one.is_note else '!'}{one.rule.id}" for one in report.findings]
    line = f"{'BAD ' if problem else 'ok  '} {mutant.name:32} {time.monotonic() - began:5.1f} s  "
    return bool(problem), line + ", ".join(names) + (f"\n       {problem}" if problem else "")


def main(names):
    wanted = [i for i, one in enumerate(MUTANTS) if not names or one.name in names]
    bad = 0
    with ProcessPoolExecutor(2) as pool:
        for problem, line in pool.map(try_one, wanted):
            print(line, flush=True)
            bad += problem
    print(f"{len(wanted) - bad} of {len(wanted)} mutants were judged as they should be.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
