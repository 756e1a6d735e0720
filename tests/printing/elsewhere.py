"""A label printer that is not ours: zpl-renderer-js 3.4.0 (MIT): the Go renderer zebrash as WebAssembly, run by the node that comes
with the browser tests. It reads ZPL as a printer does and answers pictures."""

from __future__ import annotations

import base64
import json
import lzma
import select
import subprocess
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright._impl._driver import compute_driver_executable

from tests.printing.reading import scan

PACKAGE = Path(__file__).parent / "zpl-renderer-js@3.4.0"
PATIENCE = 120  # seconds
_LOOP = """
const { ready } = require(process.argv[2]);
ready.then(async ({ api }) => {
  const lines = require("node:readline").createInterface({ input: process.stdin });  // not before: lines that nobody awaits are lost
  for await (const line of lines) {
    const [zpl, down] = JSON.parse(line);
    let answer;
    try { answer = await api.zplToBase64MultipleAsync(zpl, 100, down, 8); } catch (error) { answer = String(error); }
    process.stdout.write(JSON.stringify(answer) + "\\n");
  }
  process.exit(0);
});
"""


class Elsewhere:
    """`print(zpl)` gives a picture for each label format the printer found."""

    def __init__(self, folder: Path) -> None:
        wasm = base64.b64encode(lzma.decompress((PACKAGE / "main.wasm.xz").read_bytes())).decode()
        module, loop = folder / "index.cjs", folder / "loop.cjs"
        module.write_text((PACKAGE / "index.cjs.js").read_text(encoding="utf-8").replace("@main.wasm@", wasm), encoding="utf-8")
        loop.write_text(_LOOP, encoding="utf-8")
        node = str(compute_driver_executable()[0])
        self.running = subprocess.Popen([node, str(loop), str(module)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def print(self, zpl: str, down: int = 50) -> list[Image.Image]:
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write(json.dumps([zpl, down]) + "\n")
        self.running.stdin.flush()
        assert select.select([self.running.stdout], [], [], PATIENCE)[0], "the other printer does not answer"
        answer = json.loads(self.running.stdout.readline())
        assert isinstance(answer, list), answer
        return [Image.open(BytesIO(base64.b64decode(one))).convert("L") for one in answer]

    def close(self) -> None:
        self.running.kill()
        self.running.wait()


def scanned(picture: Image.Image) -> set[str]:
    """What a scanner reads on a printed label, which lies on something light."""
    page = Image.new("L", (picture.width + 120, picture.height + 120), 255)
    page.paste(picture, (60, 60))
    return scan(page)
