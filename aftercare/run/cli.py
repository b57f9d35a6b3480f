"""The command `aftercare …`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from aftercare.base.logs import mask_records
from aftercare.base.settings import ROOT, SettingsError, settings

if TYPE_CHECKING:
    from aftercare.connectors.order_pull import IntakeReport

app = typer.Typer(help="After-sales support for travel eSIMs.", no_args_is_help=True, add_completion=False)
evaluate = typer.Typer(help="Measure the assistant.", no_args_is_help=True)
app.add_typer(evaluate, name="evaluate")
encoder = typer.Typer(help="The pretrained sentence encoder.", no_args_is_help=True)
app.add_typer(encoder, name="encoder")
staff = typer.Typer(help="Who may use the support desk.", no_args_is_help=True)
app.add_typer(staff, name="staff")
audit_app = typer.Typer(help="The record of what staff did.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
orders_app = typer.Typer(help="Orders of your shop.", no_args_is_help=True)
app.add_typer(orders_app, name="orders")
esims_app = typer.Typer(help="The issuer of your eSIMs.", no_args_is_help=True)
app.add_typer(esims_app, name="esims")
mail_app = typer.Typer(help="Mail to buyers.", no_args_is_help=True)
app.add_typer(mail_app, name="mail")
keys = typer.Typer(help="Keys of what is encrypted in the databases.", no_args_is_help=True)
app.add_typer(keys, name="keys")
console = Console(highlight=False)


def main() -> None:
    """Run the command; a person's mistake gets one clear line instead of a traceback."""
    from sqlalchemy.exc import SQLAlchemyError

    from aftercare.catalogue.yaml_file import CatalogueError
    from aftercare.connectors.ports import ConnectorError
    from aftercare.run.launcher import LaunchError
    from aftercare.run.security_commands import AuditBroken
    from aftercare.run.staff_commands import StaffError
    from aftercare.training.encoder_source import EncoderSourceError
    from aftercare.training.train import TrainingError
    from aftercare.understanding.encoder import EncoderError

    try:
        settings()
        mask_records()
        app()
    except (
        SettingsError,
        CatalogueError,
        ConnectorError,
        LaunchError,
        EncoderSourceError,
        EncoderError,
        TrainingError,
        StaffError,
        AuditBroken,
    ) as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False, soft_wrap=True)
        raise SystemExit(1) from None
    except SQLAlchemyError as error:
        from aftercare.run.database_faults import explained

        Console(stderr=True, highlight=False).print(explained(error), style="red", markup=False, soft_wrap=True)
        raise SystemExit(1) from None


def _prepare_databases() -> str:
    from aftercare.base.database import open_engine
    from aftercare.orders.migrations import migrate as migrate_orders
    from aftercare.orders.sealing import reseal
    from aftercare.orders.seed import seed as seed_orders
    from aftercare.run.migrations.schema import migrate as migrate_desk

    migrate_orders(settings().orders_database_url)
    migrate_desk(open_engine(settings().desk_database_url))
    report = str(seed_orders(settings().orders_database_url, demo=settings().demo_orders))
    with open_engine(settings().orders_database_url, 60).begin() as connection:
        reseal(connection, only_open=True)
    return report


def _prepare_encoder(force: bool = False) -> None:
    """Prepare the sentence encoder in models/encoder, unless it is there or another one is wanted.

    Raises:
        EncoderSourceError: it cannot be made.
        EncoderError: ENCODER names a folder that holds none.
    """
    from aftercare.training.encoder_source import is_prepared
    from aftercare.understanding.encoder import Encoder

    folder = settings().encoder_folder
    if settings().encoder:
        if folder is not None:
            Encoder.load(folder)
        return
    if is_prepared() and not force:
        return
    from aftercare.training.encoder_file import prepare  # imports what only writing needs

    started = time.monotonic()
    with console.status("Sentence encoder: preparing, some ten seconds, once …"):
        prepare(force=force)
    console.print(f"[green]✓[/] Prepared the sentence encoder in {time.monotonic() - started:.0f} s")


@app.command()
def up(
    model: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Serve this model; by default train if needed.")
    ] = None,
) -> None:
    """Prepare databases, sentence encoder and model, then run desk, rasa and actions until Ctrl-C."""
    from aftercare.run.launcher import Launcher, check_ports, services
    from aftercare.run.staff_commands import first_admin_link
    from aftercare.training.model_in_use import is_current, usable_model
    from aftercare.training.train import train

    settings().refuse_short_secrets()

    settings().make_private()
    check_ports(services())
    began = time.monotonic()
    with console.status("Databases: migrating and seeding …"):
        report = _prepare_databases()
    console.print(f"[green]✓[/] Databases: {report}", soft_wrap=True)
    _prepare_encoder()
    if model is not None:
        console.print(f"[green]✓[/] Model {model.name}, as asked")
    elif is_current() and (usable := usable_model()) is not None:
        name = train().name
        if usable.name != name:
            console.print(
                f"[yellow]Model {name} is damaged; {usable.name} answers instead.[/] "
                "`.venv/bin/aftercare train --force` makes a new one."
            )
        else:
            console.print(f"[green]✓[/] Model {name} is up to date, nothing to train")
    else:
        started = time.monotonic()
        with console.status("Training: learning to understand Chinese and English, about a minute …"):
            # one that cannot be read is made again, though nothing it is made of has changed
            trained = train(settings().var_dir / "log" / "train.log", force=is_current())
        console.print(f"[green]✓[/] Trained {trained.name} in {time.monotonic() - started:.0f} s")

    def ready() -> None:
        console.print(f"[green]✓[/] Ready after {time.monotonic() - began:.0f} s\n")
        console.print(f"  Chat:  {settings().public_url}/")
        console.print(f"  Desk:  {settings().public_url}/desk")
        if link := first_admin_link():
            hint = "  Make the first administrator of the desk with this link (works once, for 24 hours):"
            console.print(hint, soft_wrap=True)
            console.print(f"  {link}", soft_wrap=True)
        tip = "Try order NZ10000001 with wang@example.com (README lists more). " if settings().demo_orders else ""
        console.print(f"  {tip}Ctrl-C stops everything.", soft_wrap=True)

    Launcher(services(model), console).run(ready)


@app.command("train")
def train_command(force: Annotated[bool, typer.Option(help="Train even when nothing changed.")] = False) -> None:
    """Train a model if data, configuration or domain changed."""
    from aftercare.training.train import train

    _prepare_encoder()
    started = time.monotonic()
    with console.status("Training …"):
        model = train(settings().var_dir / "log" / "train.log", force)
    console.print(f"{model} ({time.monotonic() - started:.0f} s)")


@app.command()
def seed() -> None:
    """Migrate the databases and load the catalogue and, unless DEMO_ORDERS=false, the demo orders; repeatable."""
    console.print(f"Databases: {_prepare_databases()}", soft_wrap=True)


@app.command()
def chat(url: Annotated[str, typer.Option(help="Where the desk runs; by default PUBLIC_URL.")] = "") -> None:
    """Talk to the running assistant in the terminal."""
    from aftercare.run.chat_terminal import main as talk

    talk(url or settings().public_url)


@encoder.command("prepare")
def encoder_prepare(force: Annotated[bool, typer.Option(help="Prepare it even when it is there.")] = False) -> None:
    """Make the sentence encoder in models/encoder; `aftercare up` and `aftercare train` do it when it is missing."""
    _prepare_encoder(force)
    console.print(str(settings().encoder_folder or "The sentence encoder is switched off (ENCODER=off)."))


@staff.command("add")
def staff_add(
    email: Annotated[str, typer.Argument(help="Their e-mail address.")],
    role: Annotated[str, typer.Option(help="viewer, agent, annotator, lead or admin.")] = "agent",
    language: Annotated[str, typer.Option(help="Of the desk: en or zh.")] = "en",
) -> None:
    """Add a member of staff and print the one-time link with which they set their password."""
    from aftercare.run.staff_commands import add

    console.print(add(email, role, language), soft_wrap=True)


@staff.command("reset")
def staff_reset(email: Annotated[str, typer.Argument(help="Their e-mail address.")]) -> None:
    """Help somebody back in: removes the authenticator app, signs them out, prints a link for a new password."""
    from aftercare.run.staff_commands import reset

    console.print(reset(email), soft_wrap=True)


@staff.command("list")
def staff_list() -> None:
    """Who may use the desk, and as what."""
    from aftercare.run.staff_commands import everybody

    for line in everybody():
        console.print(line)


@audit_app.command("verify")
def audit_verify() -> None:
    """Follow the chain of the audit log; says the last entry, to be kept elsewhere."""
    from aftercare.run.security_commands import verify_audit

    console.print(verify_audit(), soft_wrap=True)


@mail_app.command("bounced")
def mail_bounced(
    reports: Annotated[list[Path], typer.Argument(exists=True, allow_dash=True, help="Mails as files; - reads one.")],
) -> None:
    """Read bounces and mark the addresses that failed for good: no mail is promised to them any more."""
    from aftercare.run.mail_commands import mark_bounced

    read = [sys.stdin.buffer.read() if str(each) == "-" else each.read_bytes() for each in reports]
    console.print(mark_bounced(read))


@orders_app.command("import")
def orders_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file in UTF-8, one line per eSIM.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; name every line that is wrong.")] = False,
) -> None:
    """Take the orders of a CSV file."""
    from aftercare.run.order_commands import import_orders

    _show_report(import_orders(file, dry_run), "Nothing was changed. " if dry_run else "")


@orders_app.command("pull")
def orders_pull(
    everything: Annotated[bool, typer.Option("--all", help="Take all orders again, not only new ones.")] = False,
) -> None:
    """Take what is new or changed in the shop database of ORDERS_SQL."""
    from aftercare.run.order_commands import pull_orders

    _show_report(pull_orders(everything))


@orders_app.command("find")
def orders_find(number: Annotated[str, typer.Argument(help="The order's number.")]) -> None:
    """What is known of an order."""
    from aftercare.run.order_commands import find_order

    for line in find_order(number):
        console.print(line, soft_wrap=True)


@esims_app.command("plans")
def esims_plans() -> None:
    """The plans of the issuer of ESIM_PROVIDER, and packages of its file that it does not have."""
    from aftercare.run.esim_commands import issuer_plans

    failed = False
    for line, fits in issuer_plans():
        console.print(escape(line) if fits else f"[red]✗[/] {escape(line)}", soft_wrap=True)
        failed |= not fits
    if failed:
        raise typer.Exit(1)


def _show_report(report: IntakeReport, before: str = "") -> None:
    for fault in report.faults:
        console.print(f"[red]✗[/] {escape(str(fault))}", soft_wrap=True)
    console.print(f"{before}{report}", soft_wrap=True)
    if report.faults:
        raise typer.Exit(1)


@keys.command("rotate")
def keys_rotate() -> None:
    """Encrypt all activation codes with the first of ACTIVATION_CODE_KEYS."""
    from aftercare.run.security_commands import rotate_keys

    console.print(rotate_keys())


@evaluate.command("nlu")
def evaluate_nlu_command(
    csv: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Columns lang,text,intent,also.")],
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where text,intent,confidence,language,entities go.")],
    cross_validate: Annotated[bool, typer.Option(help="Also cross-validate on our own training data.")] = False,
) -> None:
    """Score the model in use on labelled sentences; with ENCODER=off by words alone."""
    from aftercare.training.evaluate import evaluate_nlu

    evaluate_nlu(csv, out, cross_validate=cross_validate)


@evaluate.command("turns")
def evaluate_turns_command(
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the report goes (Markdown).")],
) -> None:
    """Train the reader on data/turns and score it on the turns held out."""
    from aftercare.training.evaluate_turns import evaluate_turns

    for language, f1 in evaluate_turns(out).items():
        console.print(f"{language}: F1 {f1:.3f}")


@evaluate.command("knowledge")
def evaluate_knowledge_command(
    out: Annotated[Path, typer.Option(dir_okay=False, help="Where the report goes (Markdown).")],
) -> None:
    """Train the search for answers on data/articles and score it on the questions held out."""
    from aftercare.training.evaluate_knowledge import evaluate_knowledge

    for language, right in evaluate_knowledge(out).items():
        console.print(f"{language}: {right:.3f} answered right")


@app.command()
def bench(
    part: Annotated[str, typer.Argument(help="A file of bench/ by its name; by default all.")] = "all",
) -> None:
    """Measure, and write the results to bench/results. The public sets are read from AFTERCARE_BENCHMARKS."""
    from aftercare.training.train import environment

    parts = sorted(path.stem for path in (ROOT / "bench").glob("*.py"))
    if part != "all" and part not in parts:
        raise typer.BadParameter(f"choose one of {', '.join(parts)}")
    for name in parts if part == "all" else [part]:
        console.rule(name)
        command = [sys.executable, str(ROOT / "bench" / f"{name}.py")]
        subprocess.run(command, cwd=ROOT, env={**environment(), "PYTHONPATH": str(ROOT)}, check=False)  # noqa: S603


if __name__ == "__main__":
    main()
