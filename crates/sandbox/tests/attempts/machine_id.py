from attempt import *


def machine_id():
    return rd('/etc/machine-id') if os.path.exists('/etc/machine-id') else rd('/var/lib/dbus/machine-id')


run(machine_id)
