"""TAP on stdout, for tests that are Python scripts: report each result, then finish."""

count = 0
failed = 0


def report(passed, name, explanation=""):
    """Prints the next result, and an explanation if it failed."""
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", flush=True)
    if not passed and str(explanation):
        print("".join(f"# {line}\n" for line in str(explanation).splitlines()), end="", flush=True)


def skip(name, reason):
    """Prints the next result as skipped."""
    report(True, f"{name} # SKIP {reason}")


def finish():
    """Prints the number of results."""
    print(f"1..{count}", flush=True)
