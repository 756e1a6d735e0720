"""Diagrams of the flows, drawn from their declarations."""

from __future__ import annotations

from collections.abc import Iterable

from wms.i18n import Text
from wms.scan.flow import Flow


def mermaid(flow: Flow) -> str:
    """One flow as a Mermaid flowchart: steps, and what leads from one to the next."""
    lines = ["flowchart TD"]
    for step in flow.steps.values():
        asks = step.ask if isinstance(step.ask, Text) else Text(step.name, step.name)
        lines.append(f'    {step.name}["{step.name}<br/>{_plain(asks.en)}<br/>{_plain(asks.zh)}"]')
    for step in flow.steps.values():
        kinds = ", ".join(kind.value for kind in step.accepts)
        lines += [f"    {step.name} -->|{kinds}| {to}" for to in sorted(step.leads_to)]
        for command in flow.commands.get(step.name, {}).values():
            lines += [f"    {step.name} -->|CMD:{command.name}| {to}" for to in sorted(command.leads_to)]
    return "\n".join(lines) + "\n"


def page(flows: Iterable[Flow]) -> str:
    """All flows as one Markdown page."""
    parts = ["# Scanner flows, as declared\n"]
    for flow in flows:
        parts.append(f"## {flow.title.en} · {flow.title.zh} (`/scan/{flow.name}`)\n\n```mermaid\n{mermaid(flow)}```\n")
    return "\n".join(parts)


def _plain(text: str) -> str:
    return text.replace("{", "‹").replace("}", "›").replace('"', "'")
