"""What the chat widget costs a page and a desk: bytes, first paint, time to interactive, memory over 1,000 messages.

`python bench/widget.py` starts a stack of its own with databases in a temporary folder, opens the demo shop in a real
Chromium and writes bench/results/widget.md, which says how each figure is taken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.chromium import FLAGS  # noqa: E402
from tests.support.running_stack import running_stack  # noqa: E402

LIMITS = {"CHAT_RATE": "100000", "ADDRESS_RATE": "10000000"}
STEPS = (100, 500, 1000)  # messages
MOST_BYTES, MOST_PAINT, MOST_GROWTH = 30_000, 100, 2.0  # bytes, ms, MB of heap from 500 to 1,000 messages

# Runs before the page does. A message sent from an animation frame arrives when that frame has been painted.
WATCH = """
window.seen = {};
const painted = (then) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => then(performance.now());
  port2.postMessage(null);
});
window.opens = () => new Promise((done) => {
  const from = performance.now();
  esimAftercare.open();
  painted((at) => done(at - from));
});
addEventListener("esim-aftercare:ready", () => {
  seen.ready = performance.now();
  painted((at) => { seen.paint = at; });
  requestIdleCallback(() => { seen.idle = performance.now(); });
});
seen.blocked = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) seen.blocked += duration - 50;
}).observe({ type: "longtask", buffered: true });
"""
TIMES = """() => {
  const parts = performance.getEntriesByType("resource").filter((entry) => /\\/widget/.test(entry.name));
  const loaded = Math.max(...parts.map((entry) => entry.responseEnd));
  return {
    files: parts.length,
    bytes: parts.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    paint: seen.paint - loaded,
    idle: seen.idle - loaded,
    painted: seen.paint,
    blocked: seen.blocked,
  };
}"""
TALK = """async (until) => {
  const said = ["what is an eSIM?", "can I share it by hotspot", "how do I install it?", "怎么安装", "thanks"];
  const root = document.querySelector("esim-aftercare").shadowRoot;
  window.count ??= 0;
  let answered = () => {};
  const stop = esimAftercare.on("message", ({ from }) => {
    count += 1;
    if (from === "assistant") answered();
  });
  for (let turn = 0; count < until; turn += 1) {
    const answer = new Promise((done) => { answered = done; });
    root.querySelector("form textarea").value = said[turn % said.length];
    root.querySelector("form textarea").dispatchEvent(new Event("input"));
    root.querySelector("form").requestSubmit();
    await answer;
  }
  stop();
  return count;
}"""


@dataclass
class Weight:
    """What is held after so many messages; heap and memory of the desk in MB."""

    messages: int
    heap: float
    nodes: int
    desk: float


def until(condition: str) -> str:
    """Waits in the page; Playwright's own way of waiting needs eval, which the page's policy forbids."""
    return f"() => new Promise((done) => {{ const look = () => {condition} ? done() : setTimeout(look, 10); look(); }})"


def watched(context: BrowserContext) -> Page:
    """The demo shop with the watch in it, loaded and at rest."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto("/")
    page.evaluate(until("seen.paint && seen.idle"))
    return page


def visits(browser: Browser, url: str, number: int) -> dict[str, list[dict[str, float]]]:
    """First visits, each in a new profile, and returns, with the modules in the browser's cache."""
    found: dict[str, list[dict[str, float]]] = {"first": [], "again": []}
    for _ in range(number):
        context = browser.new_context(base_url=url)
        for kind in found:
            page = watched(context)
            times = page.evaluate(TIMES)
            times["opens"] = page.evaluate("opens()")
            page.evaluate("esimAftercare.close()")
            found[kind].append(times)
            page.close()
        context.close()
    return found


def weigh(page: Page, cdp: CDPSession, messages: int, pid: int) -> Weight:
    """After a collection of garbage."""
    page.wait_for_timeout(1000)  # notices of typing and timers of the last answer
    for _ in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    heap = cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    nodes = cdp.send("Memory.getDOMCounters")["nodes"]
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
    return Weight(messages, heap, nodes, resident)


def conversation(browser: Browser, url: str, pid: int) -> tuple[list[Weight], float]:
    """One long conversation, weighed on the way, and the milliseconds its history takes to be back after a reload."""
    context = browser.new_context(base_url=url)
    page = watched(context)
    cdp = context.new_cdp_session(page)
    page.evaluate("esimAftercare.open()")
    weights = [weigh(page, cdp, 0, pid)]
    for step in STEPS:
        count = page.evaluate(TALK, step)
        weights.append(weigh(page, cdp, count, pid))
    page.reload()
    drawn = "document.querySelector('esim-aftercare')?.shadowRoot.querySelectorAll('.message').length"
    page.evaluate(until(f"{drawn} > 100"))
    history = float(page.evaluate("performance.now()"))
    page.wait_for_timeout(2000)
    weights.append(weigh(page, cdp, count, pid))
    context.close()
    return weights, history


def of(times: list[dict[str, float]], name: str) -> str:
    """Median and worst."""
    values = [each[name] for each in times]
    return f"{median(values):.0f} | {max(values):.0f}"


def report(found: dict[str, list[dict[str, float]]], weights: list[Weight], history: float, conditions: str) -> str:
    """The results as Markdown."""
    first, again = found["first"], found["again"]
    rows = [
        ("last byte of the widget → first frame with its button", "paint"),
        ("last byte of the widget → first idle moment of the page (interactive)", "idle"),
        ("start of navigation → first frame with its button", "painted"),
        ("time above 50 ms in long tasks of the page", "blocked"),
        ("`open()` → first frame with the chat", "opens"),
    ]
    lines = [
        "# What the chat widget costs",
        "",
        f"`aftercare bench widget` {conditions}",
        "",
        f"**Bytes.** {first[0]['files']:.0f} files, {first[0]['bytes']:,.0f} bytes as sent (gzip, without headers; the "
        f"bar is {MOST_BYTES:,}).",
        "",
        f"**Time.** The demo page on the same machine, {len(first)} visits each, milliseconds. A frame counts when it "
        "has been painted (a message sent from its animation frame has arrived); idle is the first "
        f"`requestIdleCallback` after the widget is on the page. The bar is {MOST_PAINT} ms for the first line.",
        "",
        "| | first visit, median | worst | again, median | worst |",
        "|---|---:|---:|---:|---:|",
        *(f"| {title} | {of(first, name)} | {of(again, name)} |" for title, name in rows),
        "",
        "**Memory.** One conversation with the assistant, said through the widget, both sides counted. JavaScript heap "
        "of the page after garbage collection, DOM nodes alive in the page, resident memory of the desk's process. "
        f"Flat means: from 500 to 1,000 messages the heap grows by less than {MOST_GROWTH:.0f} MB.",
        "",
        "| messages | heap, MB | nodes | desk, MB |",
        "|---:|---:|---:|---:|",
        *(f"| {each.messages:,} | {each.heap:.1f} | {each.nodes:,} | {each.desk:.0f} |" for each in weights[:-1]),
        f"| {weights[-1].messages:,}, after a reload | {weights[-1].heap:.1f} | {weights[-1].nodes:,} | "
        f"{weights[-1].desk:.0f} |",
        "",
        f"After a reload the latest hundred of them are on the screen {history:.0f} ms after the start of navigation.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, write the results; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results" / "widget.md")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(prefix="aftercare-widget-") as folder,
        running_stack(Path(folder), **LIMITS) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        found = visits(browser, stack.desk_url, given.visits)
        weights, history = conversation(browser, stack.desk_url, stack.pid_of("aftercare.run.desk"))
        version = browser.version
        browser.close()
    conditions = (
        f"on {date.today():%d %B %Y}: headless Chromium {version}, {os.cpu_count()} cores that also run the whole "
        f"stack, load average {before:.1f} before and {os.getloadavg()[0]:.1f} at the end."
    )
    growth = next(w.heap for w in weights if w.messages >= STEPS[2]) - next(
        w.heap for w in weights if w.messages >= STEPS[1]
    )
    faults: dict[str, Any] = {
        "bytes": found["first"][0]["bytes"] > MOST_BYTES,
        "first paint": median(each["paint"] for each in found["first"]) > MOST_PAINT,
        "memory": growth > MOST_GROWTH,
    }
    missed = [name for name, missed in faults.items() if missed]
    verdict = f"Missed at this load: {', '.join(missed)}." if missed else "Every bar is held."
    text = f"{report(found, weights, history, conditions)}\n{verdict}\n"
    given.out.write_text(text, encoding="utf-8")
    print(text)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
