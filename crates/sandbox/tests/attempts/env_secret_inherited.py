# control: open
from attempt import *


def env_secret_inherited():
    need(os.environ.get('HOST_SECRET'),'scrubbed'); return 1


run(env_secret_inherited)
