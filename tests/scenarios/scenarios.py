"""Small, middle and large nights with one thing planted in each, in words of our own; runs the program over them and scores it.

    python3 tests/scenarios/scenarios.py --bin target/release/bouncescope --nights 60 [--seed 1] [-v]

A night is right when what was planted is found as one of the kinds it may be called, at the scope it may have, and nothing else is
claimed at high or medium. Harm is a good address or domain on a list. Every night runs with deliveries and without.
"""

import argparse
import collections
import csv
import json
import os
import random
import subprocess
import tempfile

INFO = {"stale_domain", "transient", "inconclusive"}
HOSTS = {
    "exchange_online": lambda d: d.replace(".", "-") + ".mail.protection.outlook.com",
    "google": lambda d: "aspmx.l.google.com",
    "mimecast": lambda d: "eu-smtp-inbound-1.mimecast.com",
    "proofpoint": lambda d: "mx0a-0012ab.pphosted.com",
    "barracuda": lambda d: "d1234%d.ess.barracudanetworks.com" % (sum(map(ord, d)) % 90),
    "own": lambda d: "mx." + d,
}
WORDS = {
    "listed_ip": [
        "554 5.7.1 Your server {ip} is currently on the zen.spamhaus.org list, see https://www.spamhaus.org/query/ip/{ip}",
        "550 5.7.1 Mail from {ip} refused: listed in bl.spamcop.net",
        "550 Rejected, the address {ip} was found in b.barracudacentral.org",
        "554 5.7.1 Client host [{ip}] blocked by psbl.surriel.com",
    ],
    "listed_domain": [
        "554 5.7.1 Sender domain {dom} is listed in dbl.spamhaus.org",
        "550 5.7.1 Rejected: domain {dom} found in dbl.spamhaus.org, https://www.spamhaus.org/query/domain/{dom}",
    ],
    "auth": [
        "550 5.7.26 Message from {dom} fails DMARC evaluation (p=reject)",
        "550 5.7.23 SPF validation failed for {dom} and {ip}",
        "554 5.7.5 DKIM and SPF of {dom} do not pass, mail refused",
    ],
    "content": [
        "554 5.7.1 Message considered spam, score 9.1",
        "550 5.7.1 Your message looks like spam and was not delivered",
        "571 5.7.1 Identified as junk mail by our content filter",
    ],
    "ip_score": [
        "554 5.7.1 Poor reputation of {ip}, connection refused",
        "550 5.7.1 The sending IP {ip} has a low reputation here",
    ],
    "generic": [
        "550 5.7.1 Delivery not permitted",
        "554 5.7.1 Transaction failed, policy",
        "550 5.7.0 Message not accepted",
    ],
    "documented": [
        "550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy",
        "550 5.7.513 Service unavailable, Client host [{ip}] blocked by {to} using Customer Block list (AS16012607)",
    ],
    "free": [
        "550 5.7.1 {to} has blocked your company on request of its management",
        "554 5.7.1 The postmaster of {to} has put {dom} on the deny list of {to}",
        "550 5.7.1 Marketing mail is not wanted at {to}, our administrator has blocked you",
    ],
    "unknown": ["550 5.1.1 <{rcpt}>: no such user here", "550 5.1.1 Recipient unknown: {rcpt}", "550 5.1.10 {rcpt} not found"],
    "full": ["452 4.2.2 The mailbox of {rcpt} is full", "552 5.2.2 {rcpt} is over quota"],
    "defer": ["451 4.7.1 Try again later, greylisted", "421 4.4.2 Connection timed out"],
}
STRAYS = ["listed_ip", "listed_domain", "auth", "content", "ip_score", "generic", "documented"]
SIZES = {"small": (40, 5, 1), "mid": (700, 9, 3), "large": (6000, 9, 5)}
COLUMNS = "timestamp,recipient,reply_code,diagnostic_code,remote_mta,sending_ip,sending_domain,campaign_id,message_id".split(",")


class Night:
    def __init__(self, seed, size, plant):
        self.r = random.Random(f"{seed}/{size}/{plant}")
        organisations, per, mine = SIZES[size]
        self.ips = [f"203.0.113.{10 + n}" for n in range(mine)]
        self.domains = [f"letters{n}.example" for n in range(mine)]
        self.campaigns = [f"week{n}" for n in range(mine + (mine > 1))]
        self.hosters = [f"hosting{n}.example" for n in range(1 + organisations // 80)]
        self.orgs = []
        for n in range(organisations):
            host = self.r.choices(["exchange_online", "google", "mimecast", "proofpoint", "barracuda", "own", "shared"], [40, 20, 6, 5, 4, 20, 5])[0]
            self.orgs.append((f"{self.r.choice('north east river stone lake green'.split())}{self.r.choice('works tools legal bank'.split())}{n}.example", host, max(1, int(self.r.expovariate(1 / per)) + 1)))
        self.plant, self.mails, self.dead = plant, [], set()
        self.kinds, self.key, self.tenants, self.half = set(), None, set(), None
        for org, host, mails in self.orgs:
            for m in range(mails):
                self.mails.append(dict(to=org, rcpt=f"{self.r.choice('anna ben carla dave eve fred'.split())}.{self.r.choice('may lee fox orr'.split())}{m}@{org}", host=self.host(org, host), kind=host, ip=self.r.choice(self.ips), dom=self.r.choice(self.domains), camp=self.r.choice(self.campaigns)))

    def host(self, org, kind):
        return f"mx{len(org) % 3}.{self.hosters[sum(map(ord, org)) % len(self.hosters)]}" if kind == "shared" else HOSTS[kind](org)

    def say(self, mail, words):
        text = self.r.choice(WORDS[words]).format(**mail)
        mail["text"] = text
        if words == "unknown":
            self.dead.add(mail["rcpt"])

    def background(self):
        for mail in self.mails:
            x = self.r.random()
            if x < 0.015:
                self.say(mail, "unknown")
            elif x < 0.02:
                self.say(mail, "full")
            elif x < 0.03:
                self.say(mail, "defer")
            elif x < 0.03 + (0.0015 if len(self.mails) > 1000 else 0.004):
                self.say(mail, self.r.choice(STRAYS))

    def run_plant(self):
        getattr(self, "plant_" + self.plant)()

    def some(self, kinds, share, least=1):
        orgs = [o for o in self.orgs if o[1] in kinds]
        self.r.shuffle(orgs)
        return {o[0] for o in orgs[: max(least, round(share * len(orgs)))]}

    def refuse(self, which, words, share=1.0):
        for mail in self.mails:
            if which(mail) and self.r.random() < share:
                self.say(mail, words if self.r.random() < 0.75 or words in ("documented", "free", "unknown") else "generic")

    def plant_quiet(self):
        pass

    def plant_listed_ip(self):
        ip, orgs = self.ips[0], self.some(["own", "shared", "barracuda"], 0.6, 6)
        self.refuse(lambda m: m["to"] in orgs and m["ip"] == ip, "listed_ip")
        self.kinds, self.key = {"ip_reputation", "fleet_reputation"}, ip

    def plant_listed_domain(self):
        dom, orgs = self.domains[0], self.some(["own", "shared", "proofpoint"], 0.6, 6)
        self.refuse(lambda m: m["to"] in orgs and m["dom"] == dom, "listed_domain")
        self.kinds, self.key = {"domain_reputation", "fleet_reputation"}, dom

    def plant_auth(self):
        dom, orgs = self.domains[0], self.some(["google", "mimecast", "own"], 0.9, 6)
        self.refuse(lambda m: m["to"] in orgs and m["dom"] == dom, "auth")
        self.kinds, self.key = {"authentication_failure"}, dom

    def plant_content(self):
        camp, orgs = self.campaigns[0], self.some(["own", "shared", "mimecast", "barracuda", "proofpoint"], 0.7, 8)
        self.refuse(lambda m: m["to"] in orgs and m["camp"] == camp, "content")
        self.kinds, self.key = {"content_rejection", "fleet_reputation"}, camp

    def plant_provider(self):
        self.refuse(lambda m: m["kind"] == "exchange_online", "generic", 0.95)
        self.kinds, self.key = {"provider_block", "fleet_reputation"}, "exchange_online"

    def plant_shared(self):
        hoster = collections.Counter(m["host"].split(".", 1)[1] for m in self.mails if m["kind"] == "shared").most_common(1)
        if not hoster:
            self.plant = "quiet"
            return
        self.refuse(lambda m: m["host"].endswith(hoster[0][0]), "generic")
        self.kinds, self.key = {"provider_block", "gateway_block", "inconclusive", "tenant_block?"}, hoster[0][0]

    def tenant(self, words, share=1.0):
        big = [o for o in self.orgs if o[2] >= 4 and o[1] in ("exchange_online", "google", "own")]
        org = self.r.choice(big or self.orgs)[0]
        self.refuse(lambda m: m["to"] == org, words, share)
        return org

    def plant_rule(self):
        self.key = self.tenant("documented")
        self.kinds, self.tenants = {"tenant_block"}, {self.key}

    def plant_free(self):
        self.key = self.tenant("free")
        self.kinds, self.tenants = {"tenant_block"}, {self.key}

    def plant_half(self):
        # Of one company with ten mails or more, every second one.
        org = self.r.choice([o for o in self.orgs if o[2] >= 10] or [max(self.orgs, key=lambda o: o[2])])[0]
        for mail in [m for m in self.mails if m["to"] == org][::2]:
            self.say(mail, "documented")
        self.half = org

    def plant_own_spamhaus(self):
        self.tenant("listed_ip")

    def plant_stock(self):
        orgs, text = {o[0] for o in self.orgs if o[2] >= 6 and o[1] != "shared"}, "550 5.7.1 This sender is blocked by our administrator"
        for mail in self.mails:
            if mail["to"] in orgs and self.r.random() < 0.25:
                mail["text"] = text

    def write(self, folder):
        self.background()
        self.run_plant()
        rows, taken = [], []
        for n, mail in enumerate(self.mails):
            at = f"2026-11-{20:02d}T{n % 24:02d}:{n // 24 % 60:02d}:{n // 1440 % 60:02d}Z"
            row = [at, mail["rcpt"], "", "", mail["host"], mail["ip"], mail["dom"], mail["camp"], f"m{n}@letters.example"]
            if "text" in mail:
                row[2], row[3] = mail["text"][:3], mail["text"]
                rows.append(row)
            else:
                taken.append(row)
        self.good = {m["rcpt"] for m in self.mails} - self.dead
        for name, content in (("bounces.csv", rows), ("delivered.csv", taken)):
            with open(os.path.join(folder, name), "w", newline="") as file:
                csv.writer(file).writerows([COLUMNS, *content])


def column(path, name):
    if not os.path.exists(path):
        return set()
    with open(path, newline="", encoding="utf-8-sig") as file:
        return {row[name].lower() for row in csv.DictReader(file)}


def judge(binary, seed, size, plant, deliveries):
    night = Night(seed, size, plant)
    with tempfile.TemporaryDirectory() as folder:
        night.write(folder)
        command = [binary, "run", folder + "/bounces.csv", "--out", folder + "/out", "--state", folder + "/state", "--no-progress", "--max-suppressions", "100000000"]
        command += ["--as-of", "2026-11-20"] + (["--delivered", folder + "/delivered.csv"] if deliveries else [])
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode not in (0, 3, 4):
            return night, "crashed", ran.stderr[-300:], 0, (0, 0)
        out = folder + "/out/2026-11-20"
        with open(out + "/report.json") as file:
            incidents = json.load(file)["incidents"]
        addresses, domains = column(out + "/suppression/addresses.csv", "email"), column(out + "/suppression/domains.csv", "domain")
    harm = sum(address.split("@")[1] not in night.tenants for address in addresses & night.good) + len(domains - night.tenants)
    listed = (len(addresses & night.dead), len(night.dead))
    sure = [i for i in incidents if i["confidence"] in ("high", "medium") and i["kind"] not in INFO]
    fits = lambda i: i["kind"] in night.kinds and (night.key in i["scope"]["key"] or i["scope"]["type"] == "fleet" or night.key in str(i["domains"]))
    # Without deliveries a half and a whole look alike: nothing is listed then, so it may be said.
    half = lambda i: not deliveries and night.half == i["scope"]["key"]
    wrong = [i for i in sure if not fits(i) and not half(i)]
    weak = "inconclusive" in night.kinds or not deliveries
    found = not night.kinds or any(fits(i) for i in (incidents if weak else sure))
    if deliveries and night.tenants and not (domains & night.tenants):
        found = False
    told = "; ".join(f"{i['kind']} {i['scope']['key']} {i['confidence']}" for i in (wrong or incidents)[:4])
    return night, "wrong" if wrong else "right" if found else "missed", told, harm, listed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--nights", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", default="small,mid,large")
    parser.add_argument("-v", action="store_true")
    args = parser.parse_args()
    plants = [name[6:] for name in dir(Night) if name.startswith("plant_")]
    sums, harm, dead = collections.defaultdict(collections.Counter), 0, [0, 0]
    for n in range(args.nights):
        size, plant = args.sizes.split(",")[n // len(plants) % len(args.sizes.split(","))], plants[n % len(plants)]
        for deliveries in (True, False):
            night, verdict, told, did, listed = judge(args.bin, args.seed + n, size, plant, deliveries)
            sums["with" if deliveries else "counts-only"][verdict] += 1
            sums[plant][verdict] += 1
            harm += did
            if plant == "quiet" or not night.kinds:
                dead = [dead[0] + listed[0], dead[1] + listed[1]]
            if args.v and (verdict != "right" or did):
                print(f"{args.seed + n} {size} {plant} {'with' if deliveries else 'counts'}: {verdict} harm {did}: {told}")
    for name, count in sums.items():
        total = sum(count.values())
        print(f"{name:14s} {count['right']:3d}/{total:3d} right  {count['wrong']} wrong  {count['missed']} missed  {count['crashed']} crashed")
    print(f"harm {harm}; dead addresses listed where nothing is wrong {dead[0]}/{dead[1]}")


if __name__ == "__main__":
    main()
