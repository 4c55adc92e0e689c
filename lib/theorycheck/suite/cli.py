"""The `theorycheck` command. Only click is imported here: help and refusals come at once."""

import os
import signal
import sys
import threading

import click


class OneLine(click.Group):
    """A group of commands that refuses bad input in one line, and ends with 130 on Ctrl-C."""

    def main(self, *args, **kwargs):
        """Run the command line and exit."""
        # A batch job that is told to end has to end its kernels as well.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _interrupt)
        try:
            status = super().main(*args, **kwargs | {"standalone_mode": False})
        except click.UsageError as error:
            click.echo(f"Error: {error.format_message()}", err=True)
            status = 2
        except click.ClickException as error:
            click.echo(f"Error: {error.format_message()}", err=True)
            status = error.exit_code
        except (click.Abort, KeyboardInterrupt) as error:
            click.echo("Interrupted: what had finished is kept, the next run goes on from there.", err=True)
            [number] = getattr(error.__cause__ or error, "args", None) or [signal.SIGINT]
            status = 128 + number
        except BrokenPipeError:  # `theorycheck status | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 1
        sys.exit(status if isinstance(status, int) else 0)


def _interrupt(number, frame):
    raise KeyboardInterrupt(number)


@click.group(cls=OneLine)
@click.version_option(package_name="theorycheck")
def main():
    """Run, accept and publish executable checks of machine-learning theory."""


def project():
    """Return the root of the project around the current folder, or refuse."""
    from theorycheck.suite.layout import RootError, find_root

    try:
        return find_root()
    except RootError as error:
        raise click.UsageError(str(error)) from error


def refusing(function, *args, **kwargs):
    """Call a function; what it refuses is bad usage."""
    from theorycheck.suite.selection import Refusal

    try:
        return function(*args, **kwargs)
    except Refusal as error:
        raise click.UsageError(str(error)) from error


def execution_options(command):
    """Add the options that say how runs are executed."""
    options = [
        click.option("--jobs", type=click.IntRange(1), help="Local workers; one a core by default."),
        click.option("--scheduler", metavar="ADDRESS", help="Use a Dask cluster, e.g. tcp://127.0.0.1:8786."),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            metavar="SECONDS",
            help="Time limit of a run; 600 by default, 7200 in the full profile.",
        ),
        click.option(
            "--memory",
            type=click.FloatRange(0),
            default=4,
            show_default=True,
            metavar="GIB",
            help="Memory limit of a run; 0 for none.",
        ),
        click.option(
            "--threads", type=click.IntRange(1), default=1, show_default=True, help="BLAS threads of a kernel."
        ),
        click.option("--force", is_flag=True, help="Repeat runs that are up to date."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _options(jobs, scheduler, timeout, memory, threads, force):
    from theorycheck.suite.run import Options

    return Options(jobs, scheduler, timeout, memory, threads, force)


@main.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FIELD]...")
@click.option("-p", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated.")
@click.option(
    "--profile",
    type=click.Choice(["default", "full"]),
    default="default",
    show_default=True,
    help="Which of a notebook's stated values its parameters take.",
)
@execution_options
def run(names, settings, profile, **execution):
    """Run notebooks whose inputs have changed: all, or those named.

    Outputs go to build/notebooks/, results to build/results.json and build/junit.xml. The exit status is 1 if a
    notebook did not run, or one whose parameters were not set with -p came to another verdict than `holds`.
    """
    from theorycheck.suite import run as runner

    return refusing(runner.run, project(), names, settings, profile, _options(**execution))


@main.command()
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@click.option(
    "--verdict",
    type=click.Choice(["holds", "refuted", "inconclusive"]),
    default="holds",
    show_default=True,
    help="The verdict that the notebooks are to have.",
)
@execution_options
def accept(slugs, verdict, **execution):
    """Store a notebook's outputs in it, and its figure in figures/, after showing which numbers change.

    Notebooks that are not up to date run first. This alone writes to notebooks/ and figures/.
    """
    from theorycheck.suite import accept as accepting

    return refusing(accepting.accept, project(), slugs, verdict, _options(**execution))


@main.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FIELD]...")
def status(names):
    """Show the state of each claim: not run, stale, ran (with its verdict), failed, timed out or killed."""
    from theorycheck.suite import status as showing

    refusing(showing.status, project(), names)


@main.command()
@click.argument("field")
@click.argument("slug")
def new(field, slug):
    """Write the notebook of a new claim: a skeleton that runs, to be edited where it says TODO."""
    from theorycheck.suite import new as writing

    refusing(writing.new, project(), field, slug)


@main.command()
@click.argument("slug")
@click.argument("grid", nargs=-1, required=True, metavar="NAME=VALUES...")
@execution_options
def sweep(slug, grid, **execution):
    """Run a claim over a grid of parameters: values between commas, or low:high for whole numbers (without high).

    For example: sweep SLUG width=64,128 seed=0:10, or widths=[32,64],[64,128] for lists. Writes a tidy table
    build/sweeps/SLUG.csv and a map of verdicts build/sweeps/SLUG.png.
    """
    from theorycheck.suite import sweep as sweeping

    return refusing(sweeping.sweep, project(), slug, grid, _options(**execution))


@main.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FIELD]...")
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="Seeds 1 to COUNT are tried.")
@click.option("--store", is_flag=True, help="Store the figures in ci/seeds.json, for README.md and the book.")
@execution_options
def seeds(names, count, store, **execution):
    """Run claims under other seeds, and compare the share of verdicts that change with the stated levels.

    What has run is not run again. The exit status is 1 if a claim changes more often than its levels allow.
    """
    from theorycheck.suite import other_seeds

    return refusing(other_seeds.seeds, project(), names, count, _options(**execution), store)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--store", is_flag=True, help="Store the outcomes in ci/matrix.json, for README.md and the book.")
def matrix(names, store):
    """Compare all notebooks with what they store in the environments of ci/matrix.toml: all, or those named in part.

    Other kernels of OpenBLAS, other numbers of threads, other versions: nothing may turn red. An environment that
    this machine cannot give is said to be not tried. Logs and virtual environments are in build/matrix/.
    """
    from theorycheck.suite import matrix as environments

    return refusing(environments.matrix, project(), names, store)


@main.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FIELD]...")
@click.option("--jobs", type=click.IntRange(1), help="Local workers; one a core by default.")
def bench(names, jobs):
    """Time a batch, its overhead, the book, a run that has nothing to do, and nbval, in a scratch copy.

    The baseline is papermill's own command in a loop. Machines differ and are shared: what counts are the ratios.
    """
    from theorycheck.suite import bench as timing

    return refusing(timing.bench, project(), names, jobs)


@main.command()
def gate():
    """Is every stored notebook whole, and in step with README.md and figures/? Runs nothing."""
    from theorycheck.suite import publishing

    publishing.gate(project())


@main.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FIELD]...")
@click.option("--jobs", type=click.IntRange(1), help="Kernels at once; one a core by default.")
def check(names, jobs):
    """Run notebooks again and compare all outputs and figures with the stored ones: all after `gate`, or those named.

    nbval compares the texts. A figure that differs from figures/ is left in build/figures-that-differ/.
    """
    from theorycheck.suite import publishing

    refusing(publishing.check, project(), names, jobs)


@main.command()
@click.argument("names", nargs=-1, metavar="[MODULE|SLUG]...")
@click.option("--jobs", type=click.IntRange(1), help="Faults at once; one a core by default.")
@click.option("--store", is_flag=True, help="Store the figures in ci/faults/results.json, for README.md and the book.")
def faults(names, jobs, store):
    """Make small wrong edits in scratch copies, and say which unit test or notebook catches each.

    The faults are those of each function and notebook that a rule chooses, and those of ci/faults/by_hand.toml; a
    module is named like theory/kernels. What is known from an earlier hunt is not tried again. The exit status is 1 if
    a fault survives that ci/faults/equivalent.toml does not explain.
    """
    from theorycheck.suite.faults import hunt

    return refusing(hunt.hunt, project(), names, jobs, store)


@main.command()
@click.option("--check", is_flag=True, help="Only say whether the table is in step; write nothing.")
def readme(check):
    """Write the table of claims in README.md from the stored verdicts."""
    from theorycheck.suite import publishing

    publishing.readme(project(), check)


@main.command()
def book():
    """Build the book of the accepted notebooks, build/book/index.html. Runs no notebook."""
    from theorycheck.suite import publishing

    publishing.book(project())
