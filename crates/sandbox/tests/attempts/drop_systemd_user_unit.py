# judged: outside
# control: open
from attempt import *


def drop_systemd_user_unit():
    os.makedirs(H+'/.config/systemd/user',exist_ok=True); open(H+'/.config/systemd/user/x.service','w').write('x')
    return open(H+'/.config/systemd/user/x.service').read()  # outer check decides (marker)


run(drop_systemd_user_unit)
