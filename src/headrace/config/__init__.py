"""Options: declared once, resolved from call, environment, file and default."""

from headrace.config.app_config import OPTIONS, AppConfig
from headrace.config.option import Option
from headrace.config.resolve import resolve

__all__ = ["OPTIONS", "AppConfig", "Option", "resolve"]
