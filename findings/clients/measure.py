"""Measure what clients send and see, and write the guide's data file.

Run by measure.sh, in the folder where the packages were installed: `measure.py OUTPUT [FAMILY...]`.
Rows that this computer can't measure are kept as they are in OUTPUT.
"""

import datetime
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from families import FAMILIES, Client
from recording_server import DELIVERIES, Recording

#: More than buffers of the kernel hold on both sides.
LARGE = 12_000_000
RUNS = 5


def measure(server: Recording, client: Client, today: str) -> dict[str, list[dict]]:
    """The rows of one client, by table."""
    about = {"client": client.label, "version": client.version(), "measured": today}
    rows: dict[str, list[dict]] = {
        "types": types(server, client, about),
        "early": [],
        "repeats": [],
    }
    if client.early:
        large = Path("large.webm")
        if not large.exists():
            large.write_bytes(bytes(LARGE))
        seen = {way: early(server, client, way, large) for way in DELIVERIES}
        rows["early"] = [about | seen]
    if client.reuses:
        rows["repeats"] = [about | row for row in repeats(server, client)]
    return rows


def types(server: Recording, client: Client, about: dict) -> list[dict]:
    """One row for each Content-Type that was sent, with its formats."""
    found: dict[tuple, list[str]] = {}
    for kind in client.formats:
        file = Path(f"x.{kind}")
        file.write_bytes(bytes(17_000))
        tag = f"{client.label}-{kind}".replace(" ", "_").replace("/", "_")
        said = client.post(file, f"{server.url}/ok/{plain(tag)}/0.{kind}")
        arrived = server.arrivals[plain(tag)]
        if not arrived:
            print(f"{client.label}: nothing arrived: {said}", file=sys.stderr)
            continue
        sent = arrived[0].content_type
        if sent and "boundary=" in sent:
            sent = "multipart/form-data; boundary=…"
        found.setdefault((sent, arrived[0].framing), []).append(kind)
    return [
        about | {"formats": kinds, "sent": sent, "framing": framing}
        for (sent, framing), kinds in found.items()
    ]


def early(server: Recording, client: Client, way: str, large: Path) -> str:
    """What the caller sees, and in how many of the runs when they differ."""
    seen: Counter[str] = Counter()
    for run in range(RUNS):
        tag = plain(f"{client.label}-{way}-{run}")
        said = client.post(large, f"{server.url}/{way}/{tag}/0.webm")
        times = len(server.arrivals[tag])
        seen[said + (f" (sent {times} times)" if times > 1 else "")] += 1
        if "nothing" in said:
            break
    if len(seen) == 1:
        return next(iter(seen))
    return "; ".join(f"{said} in {count} of {RUNS}" for said, count in seen.most_common())


def repeats(server: Recording, client: Client) -> list[dict]:
    """A second POST whose kept-alive connection ends after its body: how often it arrives.

    Nothing if the client opened a new connection for it.
    """
    tag = plain(f"{client.label}-kill")
    url = f"{server.url}/kill/{tag}/0.webm"
    said = client.post(Path("x.webm"), url, url)
    first, second, *again = server.arrivals[tag]
    if first.port != second.port:
        return []
    return [{"arrivals": 1 + len(again), "sees": said.partition(" ")[2]}]


def plain(tag: str) -> str:
    """A tag without characters that mean something in an address."""
    return "".join(char if char.isalnum() else "-" for char in tag)


def merge(data: dict, rows: dict[str, list[dict]]) -> None:
    """Put a client's rows where its old ones were."""
    for table, new in rows.items():
        labels = {row["client"] for row in new}
        data[table] = [row for row in data.get(table, []) if row["client"] not in labels] + new


def main(output: Path, *names: str) -> None:
    """Measure the families with these names, or all, and write the file."""
    data = json.loads(output.read_text("utf-8")) if output.exists() else {}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    with Recording() as server:
        for name in names or FAMILIES:
            for client in FAMILIES[name]:
                try:
                    merge(data, measure(server, client, today))
                except (OSError, ValueError, subprocess.SubprocessError) as error:
                    print(f"{client.label}: not measured: {error}", file=sys.stderr)
                print(client.label, file=sys.stderr)
    lines = [
        f'  "{table}": [\n'
        + ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
        + "\n  ]"
        for table, rows in data.items()
    ]
    output.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
