"""The frame of HTML reports, with a filter by verdict; it fits a phone and a desk."""

from collections.abc import Mapping, Sequence
from html import escape

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --bad: #c22f2f; --good: #23803b;
  --note: #96660a }}
@media (prefers-color-scheme: dark) {{
  :root {{ --bad: #ff8a80; --good: #6fce85; --note: #e5b454 }}
}}
* {{ box-sizing: border-box }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 1rem }}
h1 {{ font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere }}
h1.good {{ color: var(--good) }} h1.bad {{ color: var(--bad) }}
h2 {{ margin-top: 2.5rem; border-bottom: 1px solid var(--line) }}
h3 {{ margin: 0 0 .5rem; overflow-wrap: anywhere }}
small {{ font-weight: 400; opacity: .8 }}
.filter {{ display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .5rem 0;
  border-bottom: 1px solid var(--line); position: sticky; top: 0; background: Canvas }}
label {{ white-space: nowrap; padding: .25rem 0 }}
article {{ border-left: .3rem solid var(--bad); padding-left: 1rem; margin: 1.5rem 0 }}
article[data-verdict=noted] {{ border-color: var(--note) }}
dl {{ display: grid; grid-template-columns: 8rem 1fr; gap: .15rem 1rem; margin: 0 0 .5rem }}
dt {{ font-weight: 600 }}
dd {{ margin: 0; min-width: 0; overflow-wrap: anywhere }}
li {{ overflow-wrap: anywhere }}
pre {{ background: #8882; padding: .75rem; overflow: auto; font-size: .85rem }}
code {{ overflow-wrap: anywhere }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere }}
.list td:nth-child(1) {{ width: 18rem }} .list td:nth-child(2) {{ width: 16rem }}
.list td:nth-child(3) {{ width: 7rem; overflow-wrap: normal }}
.wide {{ overflow-x: auto }} .wide td, .wide th {{ overflow-wrap: normal }}
tr[data-verdict=failed] td:nth-child(2) {{ color: var(--bad) }}
tr[data-verdict=noted] td:nth-child(2) {{ color: var(--note) }}
section {{ margin: 1.5rem 0; scroll-margin-top: 6rem }}
section:target {{ outline: 2px solid var(--note); outline-offset: .5rem }}
@media (max-width: 45rem) {{
  dl {{ grid-template-columns: 1fr }}
  dd {{ margin-bottom: .35rem }}
  .list thead {{ display: none }}
  .list tr {{ display: block; border-bottom: 1px solid var(--line); padding: .5rem 0 }}
  .list td, .list td:nth-child(n) {{ display: block; border: 0; padding: 0; width: auto }}
  .list td:first-child {{ font-weight: 600 }}
  .filter {{ gap: 0 .9rem }}
}}
{hiding} {{ display: none }}
body:not(:has(#show-all:checked)) .whole {{ display: none }}
</style>
</head>
<body>
<h1 class="{kind}">{title}</h1>
<p>{figures}</p>
{remarks}
<div class="filter" role="radiogroup" aria-label="Show">
{filters}
</div>
{body}
</body>
</html>
"""


def page(
    *,
    title: str,
    good: bool,
    figures: str,
    remarks: Sequence[str],
    filters: Mapping[str, tuple[str, int]],
    body: str,
) -> str:
    """A whole page.

    Args:
        title: The verdict in a sentence.
        good: Whether it is a good one.
        figures: Numbers of the run.
        remarks: What else a reader should know, in sentences.
        filters: What the filter offers besides all: the value of `data-verdict`, its label, and
            how many there are.
        body: The rest, in HTML.
    """
    total = sum(count for _, count in filters.values())
    offered = {"": ("All", total), **filters}
    return _PAGE.format(
        title=escape(title),
        figures=escape(figures),
        remarks="".join(f"<p>{escape(remark)}</p>" for remark in remarks),
        kind="good" if good else "bad",
        hiding=",\n".join(map(_hiding, filters)),
        filters="\n".join(_filter(one, *shown) for one, shown in offered.items()),
        body=body,
    )


def _hiding(one: str) -> str:
    """The style that hides what has another verdict."""
    return f"body:has(#show-{one}:checked) [data-verdict]:not([data-verdict={one}])"


def _filter(one: str, label: str, count: int) -> str:
    checked = "" if one else " checked"
    return (
        f'<label><input type="radio" name="show" id="show-{one or "all"}"{checked}>'
        f" {label} <b>{count}</b></label>"
    )
