"""The parts of the pages that compare, and that say where the numbers come from."""

from dataclasses import fields

from benchmarks.cost import moving
from benchmarks.cost.arithmetic import MILLION, milliseconds, total
from benchmarks.cost.events import events
from benchmarks.cost.inputs import Inputs
from benchmarks.cost.moving import BURST, DEFAULTS
from benchmarks.cost.notices import Invocation, notices
from benchmarks.cost.tables import Said, plain, table
from benchmarks.cost.texts import PAGE


def moves(inputs: Inputs, said: Said) -> list[str]:
    rows = [
        [
            said(one.parameter) if one.parameter in PAGE else f"`{one.parameter}`",
            one.value,
            *(said.change(amount) for amount in (one.events, one.trickle, one.burst, one.month)),
        ]
        for one in moving.moved(inputs)
    ]
    heads = ["parameter", "value", "per", "notices_trickle", "notices_burst", "month_idle"]
    return [
        f"## {said('moves')}",
        said("moves_note"),
        table([said(head) for head in heads], rows, left=2),
        said("infrequent", days=f"{moving.infrequent_access_days(inputs):.0f}"),
    ]


def compared(inputs: Inputs, said: Said) -> list[str]:
    ours = [line for line in events(inputs, DEFAULTS) if line.part == "table"]
    ways = {
        "ours": ours,
        "docs_plain": moving.by_the_docs(inputs, recovers=False),
        "docs_recovers": moving.by_the_docs(inputs, recovers=True),
    }
    writes = [
        [said(name), f"{sum(line.units for line in lines) / MILLION:.2f}", said.money(total(lines))]
        for name, lines in ways.items()
    ]
    calls = []
    for name, batched in (("ours", True), ("one_by_one", False)):
        one = Invocation.of(inputs, DEFAULTS, BURST, batched=batched)
        money = total(notices(inputs, DEFAULTS, BURST, batched=batched))
        calls.append([said(name), f"{one.calls * MILLION / one.notices:,.0f}", said.money(money)])
    return [
        f"## {said('compared')}",
        said("compared_docs"),
        table([said("way"), said("units_each"), said("money")], writes),
        said("compared_batch"),
        table([said("way"), said("calls"), said("money")], calls),
    ]


def sources(inputs: Inputs, said: Said) -> list[str]:
    measured, assumed, counted = inputs.measured, inputs.assumed, inputs.counted
    waits = assumed.put_ms + assumed.publish_ms + assumed.update_ms
    share = DEFAULTS.memory_mb / assumed.processor_mb
    made = {
        "calls": counted.samples[0]["calls"],
        "repeat": counted["repeat"]["calls"],
        "handshake": counted["handshake"]["calls"],
    }
    given = ", ".join(f"`{one.name}` {getattr(assumed, one.name):,}" for one in fields(assumed))
    listed = [
        [f"`{name}`", price.unit, plain(price.price), f"{price.per:,}"]
        for name, price in inputs.prices.listed.items()
    ]
    used = [[f"`{name}`", f"<{address}>"] for name, address in inputs.prices.sources.items()]
    return [
        f"## {said('sources')}",
        said(
            "measured",
            machine=measured.machine,
            callback=f"{measured.callback_cpu_ms:.2f}",
            memory=DEFAULTS.memory_mb,
            share=f"{share:.2f}",
            lambda_ms=f"{measured.callback_cpu_ms * assumed.core / share:.1f}",
            waits=f"{waits:g}",
            billed=milliseconds(inputs, DEFAULTS, measured.callback_cpu_ms, waits),
        ),
        said("counted", **{name: ", ".join(f"`{call}`" for call in calls) for name, calls in made.items()}),
        f"{said('assumed')} {given}.",
        said("prices"),
        table([said("what"), said("units"), said("price"), said("per_units")], listed, left=2),
        table([said("what"), said("source")], used, left=2),
    ]
