"""The frame of a page that stands alone: style for light and dark, no scripts, nothing from elsewhere."""

from typing import Final

from casewarden.report.markup import Markup, el, join

STYLE: Final = """
:root{color-scheme:light dark;--page:#f6f6f3;--card:#fff;--ink:#16181d;--soft:#5b6068;--faint:#8b9098;--line:#e3e3de;
--grid:#ecece8;--axis:#b9bcc2;--met:#2b73c9;--missed:#d8492b;--running:#9aa1ab;--paused:#d99a1c;--waiting:#c7cbd1;
--na:#dcdfe3;--open:#eef3ea;--level:#dfe3ea;--mark:#16181d;
--k0:#2b73c9;--k1:#1d9a7a;--k2:#d99a1c;--k3:#8a5cc7;--k4:#d8492b;--k5:#5b6068;--k6:#b0487f;--k7:#6f9a2e}
@media (prefers-color-scheme:dark){:root{--page:#15171b;--card:#1d2025;--ink:#eceef1;--soft:#a9afb8;--faint:#7d848e;
--line:#31353c;--grid:#292d33;--axis:#4b515a;--met:#5fa0ee;--missed:#f0795c;--running:#7d858f;--paused:#e5b04a;
--waiting:#4a5058;--na:#373c43;--open:#232b25;--level:#353b45;--mark:#eceef1;
--k0:#5fa0ee;--k1:#4cc2a2;--k2:#e5b04a;--k3:#b28ae6;--k4:#f0795c;--k5:#a9afb8;--k6:#d97bab;--k7:#a3c865}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",
"DejaVu Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:19px;margin:40px 0 4px}h3{font-size:15px;margin:0 0 6px;font-weight:650;overflow-wrap:anywhere}
p{margin:0 0 12px}.lead,.aside{color:var(--soft);overflow-wrap:anywhere}.aside{font-size:13.5px;max-width:760px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:12px 16px}.tile b{display:block;font-size:24px;line-height:1.25;font-weight:650}
.tile span{color:var(--soft);font-size:13px}
.card{padding:16px 18px;margin:12px 0;overflow-x:auto}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px;margin:12px 0}
.cards .card{margin:0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:13px;white-space:nowrap}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child td{border-bottom:0}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.text{overflow-wrap:anywhere;min-width:128px}td.bar{min-width:130px;vertical-align:middle}
.meter{display:flex;height:10px;border-radius:3px;overflow:hidden;background:var(--na)}
.meter i{display:block;height:100%}.bg-met{background:var(--met)}.bg-missed{background:var(--missed)}
.bg-running{background:var(--running)}
.happenings{font-size:13px;margin-top:8px}.happenings td:first-child{width:34px}
.happenings td:nth-child(2){white-space:nowrap;color:var(--soft)}.by-rule{color:var(--k3)}
details summary{cursor:pointer;color:var(--soft);font-size:13.5px;margin-top:6px}
.tag{display:inline-block;font-size:12px;font-weight:500;color:var(--soft);border:1px solid var(--line);
border-radius:20px;padding:0 9px;margin-left:8px;vertical-align:2px}
.legend{margin:2px 0 8px;font-size:13px;color:var(--soft)}.key{margin-right:16px;white-space:nowrap}
.swatch{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
footer{margin-top:48px;color:var(--faint);font-size:13px;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto;font-family:inherit}
.timeline svg{min-width:760px}.bars svg{min-width:620px}
.grid{stroke:var(--grid);stroke-width:1}.axis{stroke:var(--axis);stroke-width:1}
.tick{fill:var(--soft);font-size:11px}.value{fill:var(--soft);font-size:11px}.name{fill:var(--ink);font-size:12.5px}
.mid{text-anchor:middle}.end{text-anchor:end}.note{fill:var(--ink);font-size:11px}
.mark{stroke:var(--mark);stroke-width:1;stroke-dasharray:3 3}
.c-met{fill:var(--met)}.c-missed{fill:var(--missed)}.c-running{fill:var(--running)}.c-paused{fill:var(--paused)}
.c-waiting{fill:var(--waiting)}.c-cancelled,.c-not_applicable{fill:var(--na)}
i.c-met{background:var(--met)}i.c-missed{background:var(--missed)}i.c-running{background:var(--running)}
i.c-paused,i.b-paused{background:var(--paused)}i.open{background:var(--open);border:1px solid var(--line)}
i.c-not_applicable{background:var(--na)}
.open{fill:var(--open)}.level{fill:var(--level)}.level-word{fill:var(--ink);font-size:11px}
.b-running{fill:var(--met)}.b-paused{fill:url(#paused);stroke:var(--paused);stroke-width:.8}.b-missed{fill:var(--missed)}
.b-waiting{fill:var(--waiting)}.b-met{fill:var(--met)}.b-cancelled,.b-not_applicable{fill:var(--na)}
.hatch{stroke:var(--paused);stroke-width:4}
.stop{stroke:var(--card);stroke-width:2}
path.due{fill:var(--mark);stroke:var(--mark);stroke-width:1.2;stroke-linejoin:round}polygon.due{fill:var(--mark)}
.word{fill:var(--soft);font-size:12px}.word.good{fill:var(--met)}.word.bad{fill:var(--missed)}
.moment{fill:var(--card);stroke:var(--soft);stroke-width:1.3}.moment.rule{stroke:var(--k3);stroke-width:2}
.moment-number{fill:var(--ink);font-size:10px;text-anchor:middle}.stem{stroke:var(--axis);stroke-width:1}
""" + "".join(f".k{n}{{fill:var(--k{n})}}i.k{n}{{background:var(--k{n})}}" for n in range(8))


def page(title: str, *content: str) -> str:
    """A whole HTML document. Its policy lets a browser load nothing, whatever a text in it may try."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        el("title", title),
        el("style", Markup(STYLE.replace("\n", ""))),
    )
    return "<!doctype html>\n" + el("html", head, el("body", el("main", *content)), lang="en") + "\n"


def table(headings: list[tuple[str, str]], rows: list[list[str]]) -> Markup:
    """A table; each heading is (name, class of its column: "", "num", "text" or "bar")."""
    head = el("tr", *(el("th", name, class_=kind or None) for name, kind in headings))
    body = [
        el("tr", *(el("td", cell, class_=kind or None) for cell, (_, kind) in zip(row, headings, strict=True)))
        for row in rows
    ]
    return el("table", el("thead", head), el("tbody", *body))


def section(title: str, aside: str, *content: str) -> Markup:
    """A part of the page with a heading and a sentence under it."""
    return el("section", el("h2", title), el("p", aside, class_="aside") if aside else None, *content)


def card(*content: str, class_: str = "card") -> Markup:
    """A framed piece."""
    return el("div", *content, class_=class_)


def tile(value: str, words: str) -> Markup:
    """One number and what it is."""
    return el("div", el("b", value), el("span", words), class_="tile")


def meter(parts: list[tuple[str, int]]) -> Markup:
    """A thin bar of shares: (class, count)."""
    total = sum(count for _, count in parts)
    if not total:
        return join("")
    bars = [el("i", class_=f"bg-{kind}", style=f"width:{100 * count / total:.2f}%") for kind, count in parts if count]
    return el("div", *bars, class_="meter")
