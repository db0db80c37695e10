"""What the judge found, in plain words."""

from ostiary.controller.record.fsck import Finding, Report


def in_words(report: Report) -> list[str]:
    """A line each; the first says whether the log is whole."""
    looked = (
        f"{report.records} records ({report.readable} read, {report.erased} erased), {report.checkpoints} checkpoints, "
        f"{report.published} published, {report.keys} keys, {report.open_decisions} decisions without an outcome yet."
    )
    seen = (
        f"Witnessed by {', '.join(report.witnesses)}." if report.witnesses else "Unwitnessed: no second party signed."
    )
    first = report.first()
    if first is None:
        return ["The log is whole.", looked, seen]
    lines = ["The log is NOT whole.", f"First: {_said(first)}", *(f"  {line}" for line in report.neighbours)]
    lines += [f"Also: {_said(finding)}" for finding in report.findings if finding is not first]
    if report.more:
        lines.append(f"And {report.more} more of the kind.")
    now = "Keep every file as it is, copy them, and restore the newest backup that this command finds whole."
    return [*lines, looked, seen, now]


def _said(finding: Finding) -> str:
    where = finding.where if finding.position is None else f"record {finding.position} ({finding.where})"
    return f"{where}: {finding.why}."
