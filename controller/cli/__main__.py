"""`python -m ostiary.controller.cli`: the same as `ostiary`, where no script is installed."""

from ostiary.controller.cli.main import app

app()
