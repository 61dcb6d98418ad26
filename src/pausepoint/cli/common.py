"""Settings and the opened service for the operator's commands, or a clear error."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from typing import TYPE_CHECKING

from pausepoint.cli.output import fail

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings
    from pausepoint.lifecycle.bootstrap import Running


def settings_for(command_name: str, **overrides: str | None) -> Settings:
    """Load the settings for a command (see config.Command); command-line options override them."""
    from pausepoint.config.settings import Command, ConfigError, load

    given = {
        f"PAUSEPOINT_{name.upper()}": value
        for name, value in overrides.items()
        if value is not None
    }
    try:
        return load(Command(command_name), overrides=given)
    except ConfigError as error:
        fail(*error.problems)
    except OSError as error:
        fail(f"Cannot make the secret key's file {error.filename}: {error.strerror}.")


async def open_or_fail(settings: Settings) -> Running:
    """Open the service, or exit with 1 and the reason."""
    from pausepoint.config.settings import ConfigError
    from pausepoint.lifecycle.bootstrap import open_service
    from pausepoint.store.base import CannotOpen, StoreUnavailable

    try:
        return await open_service(settings)
    except (CannotOpen, ConfigError) as error:
        fail(str(error))
    except StoreUnavailable as error:
        fail(f"{settings.database_name} cannot be reached: {error}.")
    except OSError as error:
        fail(f"Cannot open {settings.database_name}: {error.strerror}.")
