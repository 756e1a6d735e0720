"""A scanner that types.

Its keys arrive within milliseconds of each other. Keys sent to a browser one message at a time take as long as the machine is busy, and a
page that tells a scanner from fingers by its speed would rightly see a person; so the keys are typed inside the page: real input events
on whatever has the focus, with no clock between them.
"""

from typing import Any

TYPE = """text => {
  for (const character of text) {
    if (character !== "\\u001d") { document.execCommand("insertText", false, character); continue; }
    const separator = { key: "]", code: "BracketRight", ctrlKey: true, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", separator));
  }
}"""


def burst(page: Any, text: str) -> None:
    """The characters alone; GS comes as Control+]."""
    page.evaluate(TYPE, text)


def scan(page: Any, *texts: str) -> None:
    """Each ended by Enter."""
    for text in texts:
        burst(page, text)
        page.keyboard.press("Enter")
