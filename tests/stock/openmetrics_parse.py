"""Parses metrics from standard input with Prometheus' own parser, which rejects everything OpenMetrics does not allow,
and prints the families as JSON."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.name not in families, f"{family.name} is there twice"
    assert family.type != "unknown", f"{family.name} has no TYPE"
    assert family.documentation, f"{family.name} has no HELP"
    assert family.samples, f"{family.name} is empty"
    samples = [{"name": s.name, "labels": s.labels, "value": s.value} for s in family.samples]
    families[family.name] = {"type": family.type, "unit": family.unit, "samples": samples}
json.dump(families, sys.stdout)
