from attempt import *


def netlink_route_dump_host_ifaces():
    l=[n for _,n in socket.if_nameindex()]; need(any(x!='lo' for x in l),l); return l


run(netlink_route_dump_host_ifaces)
