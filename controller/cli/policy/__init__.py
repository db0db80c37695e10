"""`ostiary policy …`: everything that is done with a written policy. Each command is a file; this one names them."""

import typer

from ostiary.controller.cli.policy.compare import compare
from ostiary.controller.cli.policy.explain import explain
from ostiary.controller.cli.policy.lint import lint
from ostiary.controller.cli.policy.pack import pack
from ostiary.controller.cli.policy.prove import prove
from ostiary.controller.cli.policy.publish import publish
from ostiary.controller.cli.policy.replay import replay
from ostiary.controller.cli.policy.schema import schema
from ostiary.controller.cli.policy.shadow import shadow
from ostiary.controller.cli.policy.show import show

policy = typer.Typer(help="Read, check and publish the written policy.", no_args_is_help=True)
policy.command()(lint)
policy.command()(schema)
policy.command()(publish)
policy.command()(show)
policy.command()(explain)
policy.command()(compare)
policy.command()(prove)
policy.command()(replay)
policy.command()(shadow)
policy.command()(pack)
