"""A night of many events as CSV: bounces.csv and accepted.csv. python night.py FOLDER EVENTS; the same number, the same bytes."""

import random
import sys
from pathlib import Path

folder, wanted = Path(sys.argv[1]), int(sys.argv[2])
dice = random.Random(wanted)
head = "timestamp,recipient,remote_mta,sending_ip,sending_domain,campaign_id,list_source,message_id"
REPLIES = [
    "550 5.1.1 The email account that you tried to reach does not exist", "552 5.2.2 Mailbox full",
    "550 5.7.1 Message refused by policy", "554 5.7.1 Message content rejected as spam",
    "550 5.7.1 Service unavailable, Client host [{ip}] blocked using Spamhaus", "451 4.7.1 Rate limited, try again later",
    "550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass", "550 Please ask the porter {n}", "554 Not today",
]
HOSTS = ["{dashed}.mail.protection.outlook.com", "aspmx.l.google.com", "mx0a-{org:08x}.pphosted.com", "mx.{domain}", ""]


def row(number):
    """One message, and what was answered; None for accepted."""
    org = dice.randrange(wanted // 20 + 50)
    domain = dice.choice(["gmail.com", "outlook.com"]) if org % 9 == 0 else f"firm{org}-night.net"
    host = HOSTS[org % 5].format(dashed=domain.replace(".", "-"), org=org, domain=domain) if org % 9 else ""
    ip, campaign, source = f"192.0.2.{10 + dice.randrange(4)}", f"c{dice.randrange(5)}", f"list{dice.randrange(4)}"
    cells = [f"2026-11-20T0{number // 3600 % 6}:{number // 60 % 60:02}:{number % 60:02}Z", f"p{dice.randrange(wanted)}@{domain}"]
    cells += [host, ip, f"{dice.choice(['news', 'mail'])}.example.com", campaign, source if dice.random() < 0.9 else "", f"{number}@example.com"]
    refused = dice.random() < 0.25
    if ip.endswith("13") and dice.random() < 0.6:
        return cells, REPLIES[4].format(ip=ip)
    if org % 5 == 2 and dice.random() < 0.7:
        return cells, REPLIES[2]
    if org % 50 == 3 or (campaign == "c4" and org % 5 == 0):
        return cells, REPLIES[3]
    return cells, dice.choice(REPLIES).format(ip=ip, n=number) if refused else None


events = 0
with open(folder / "bounces.csv", "w") as bounces, open(folder / "accepted.csv", "w") as accepted:
    print("kind," + head + ",diagnostic_code", file=bounces)
    print(head, file=accepted)
    for number in range(4 * wanted):
        cells, reply = row(number)
        if reply is None:
            print(",".join(cells), file=accepted)
        else:
            kind = "delay" if reply.startswith("4") and dice.random() < 0.4 else "bounce"
            print(",".join([kind, *cells, f'"{reply}"']), file=bounces)
            events += 1
        if events == wanted:
            break
