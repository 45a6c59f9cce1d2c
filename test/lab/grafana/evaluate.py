# Evaluates Graphite targets with a real graphite-web on a folder of whisper files, without its web server.
# Standard input: {"now": SECONDS, "series": {PATH: [[TIME, VALUE], ...]}, "targets": [TARGET, ...]}
# Standard output: one list a target of {"name": NAME, "values": [VALUE, ...]}.
import json, os, sys

folder = sys.argv[1]
sys.path.insert(0, folder)
asked = json.load(sys.stdin)
with open(os.path.join(folder, 'lab_settings.py'), 'w') as file:
    file.write('from graphite.settings import *\nSECRET_KEY = "lab"\nSTORAGE_DIR = LOG_DIR = WHISPER_DIR = %r\n'
               'STANDARD_DIRS = [WHISPER_DIR]\nINDEX_FILE = WHISPER_DIR + "/index"\nCARBONLINK_HOSTS = []\nLOGGING = {}\n'
               'LOG_DIR = WHISPER_DIR\n' % folder)
os.environ['DJANGO_SETTINGS_MODULE'] = 'lab_settings'
import whisper
for path, points in asked['series'].items():
    file = os.path.join(folder, *path.split('.')) + '.wsp'
    os.makedirs(os.path.dirname(file), exist_ok=True)
    whisper.create(file, [(60, 120)])
    whisper.update_many(file, points)
import django
django.setup()
from datetime import datetime, timedelta, timezone
from graphite.render.evaluator import evaluateTarget
now = datetime.fromtimestamp(asked['now'], timezone.utc)
context = {'startTime': now - timedelta(hours=1), 'endTime': now, 'now': now, 'tzinfo': timezone.utc, 'data': [],
           'localOnly': True, 'template': None, 'forwardHeaders': {}, 'prefetched': {}, 'requestContext': {}, 'maxDataPoints': 1000,
           'xFilesFactor': 0}
print(json.dumps([[{'name': one.name, 'values': [value for value in one if value is not None]}
                   for one in evaluateTarget(dict(context), target)] for target in asked['targets']]))
