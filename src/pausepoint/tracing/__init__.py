"""OpenTelemetry, around everything and inside nothing: imported only where it is switched on."""
