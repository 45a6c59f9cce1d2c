# Reads expositions, one JSON string a line, by the strict OpenMetrics parser of Prometheus' own Python client. Writes for
# each, as JSON, its samples as [name, labels, value], or what the parser complains of.
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for line in sys.stdin:
    try:
        families = list(text_string_to_metric_families(json.loads(line)))
        said = [[sample.name, sample.labels, sample.value] for family in families for sample in family.samples]
    except ValueError as error:
        said = str(error)
    print(json.dumps(said))
