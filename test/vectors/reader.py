#!/usr/bin/env python3
"""A second reader of what skein signs, from docs/protocol.md and Python's standard library alone; it shares no line with src.

  reader.py chain FILE [--json]   acts and frames one behind the other, as JSON with "hex" values or as the plain bytes
  reader.py export FILE           what skein export prints: is the readable part of every line what was signed? (docs/export.md)
  reader.py signatures FILE       the twelve cases of ed25519.json, one letter each: V holds, X does not
  reader.py records FILE          records.json: the ids of texts
  reader.py handshake FILE        handshake.json: statements, signatures, token

One line for each thing read, then a summary. Exit 1 where anything is wrong, with the reason on stderr.
"""

import base64
import bisect
import datetime
import hashlib
import json
import re
import struct
import sys

sys.setrecursionlimit(20_000)  # a JSON text may be some thousand levels deep


class Wrong(Exception):
    """These bytes are not what they claim to be."""


class Unjudged(Wrong):
    """Signed by its signer; what it changes this reader does not know."""


class Void(Exception):
    """A signed payload that breaks the white list: it keeps its place in the chain and changes nothing."""


# ---- Ed25519, as docs/protocol.md states it: RFC 8032, cofactorless, strict

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    """Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z; the law is complete, so it doubles too."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def compress(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decompress(encoded):
    """The point, or None: y not below p, not on the curve, or a sign for x = 0."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def is_small_order(point):
    return compress(times(8, point)) == compress(NEUTRAL)


BASE = decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signature_holds(signature, message, key):
    if len(signature) != 64 or len(key) != 32:
        return False
    commitment, response = signature[:32], int.from_bytes(signature[32:], "little")
    if response >= L:
        return False
    public, nonce_point = decompress(key), decompress(commitment)
    if public is None or nonce_point is None or is_small_order(public) or is_small_order(nonce_point):
        return False
    challenge = int.from_bytes(hashlib.sha512(commitment + key + message).digest(), "little") % L
    minus_key = (P - public[0], public[1], 1, P - public[3])
    return compress(add(times(response, BASE), times(challenge, minus_key))) == commitment


# ---- bytes


class Bytes:
    """Big-endian reading with the lengths of docs/protocol.md; past the end is wrong."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, count):
        if self.at + count > len(self.data):
            raise Wrong("cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, width):
        value = int.from_bytes(self.take(width), "big")
        if width == 8 and value > 2**53 - 1:
            raise Wrong("a number above 2^53 - 1")
        return value

    def u8(self):
        return self.number(1)

    def u16(self):
        return self.number(2)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def i32(self):
        return struct.unpack(">i", self.take(4))[0]

    def short(self):
        return self.take(self.u16())

    def long(self):
        return self.take(self.u32())

    def text(self):
        return utf8(self.short())

    def done(self):
        return self.at == len(self.data)


def utf8(data, error=Wrong):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise error("not UTF-8") from None


def sha256(data):
    return hashlib.sha256(data).digest()


def short(data):
    return struct.pack(">H", len(data)) + data


GENERATION = 1
MINOR = 0
NO_MESH = bytes(32)


def prefix(tag, mesh):
    return short(tag.encode()) + struct.pack(">H", GENERATION) + mesh


BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"


def base32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(BASE32[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def from_base32(text):
    if any(character not in BASE32 for character in text):
        raise Wrong("a character that is not base32")
    bits = "".join(f"{BASE32.index(character):05b}" for character in text)
    whole = len(bits) // 8 * 8
    if len(bits) - whole >= 5 or "1" in bits[whole:]:
        raise Wrong("base32 that does not end with its last byte")
    return bytes(int(bits[at : at + 8], 2) for at in range(0, whole, 8))


def host_id(key):
    return base32(sha256(prefix("skein.host", NO_MESH) + key)[:20])


def record_id(mesh, key, text):
    return base32(sha256(prefix("skein.record", mesh) + key + text.encode())[:20])


def client_id(mesh, key, epoch, snapshot_seq):
    hashed = sha256(prefix("skein.client", mesh) + key + epoch + struct.pack(">Q", snapshot_seq))
    return int.from_bytes(hashed[:8], "big") & (1 << 53) - 1


# ---- acts

ACT_BYTES, PLAIN_ACT_BYTES, ACT_SEEN, MEMBERS = 128 * 1024, 16 * 1024, 64, 1024
NAMES_HEADS = ("retire", "revoke", "rotate", "role")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
ROLE = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
POLICY_KEY = re.compile(r"[a-z][a-z0-9-]{0,31}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
KIND = re.compile(r"[a-z][a-z-]{0,31}", re.ASCII)


class Act:
    def __init__(self, reader):
        start = reader.at
        if reader.short() != b"skein.act":
            raise Wrong("not an act")
        if reader.u16() != GENERATION:
            raise Wrong("an act of another generation")
        self.mesh = reader.take(32)
        self.minor = reader.u16()
        self.signer = reader.take(32)
        self.kind = reader.text()
        self.stamp = (reader.u64(), reader.u16())
        count = reader.u16()
        if count > ACT_SEEN:
            raise Wrong("an act that names too many others")
        self.seen = [reader.take(32) for _ in range(count)]
        body = reader.long()
        self.unsigned = bytes(reader.data[start : reader.at])
        self.signature = reader.take(64)
        self.id = sha256(self.unsigned)
        if reader.at - start > (ACT_BYTES if self.kind in NAMES_HEADS else PLAIN_ACT_BYTES):
            raise Wrong("an act above the size limit")
        if not KIND.fullmatch(self.kind):
            raise Wrong("an act whose kind is no word")
        if any(left >= right for left, right in zip(self.seen, self.seen[1:])):
            raise Wrong("acts named as seen are not in order")
        try:
            self.body = json.loads(utf8(body), parse_constant=lambda _: 1 / 0)
        except (ValueError, ZeroDivisionError):
            raise Wrong("an act whose body is not JSON") from None
        if not isinstance(self.body, dict):
            raise Wrong("an act whose body is not a JSON object")

    def check(self, mesh):
        founds = self.kind == "genesis"
        if self.mesh != (NO_MESH if founds else mesh) or (founds and self.id != mesh):
            raise Wrong(f"act {self.kind} of another mesh")
        if not signature_holds(self.signature, self.unsigned, self.signer):
            raise Wrong(f"act {self.kind}: the signature does not hold")
        try:
            self.content = self.read()
        except (KeyError, TypeError, ValueError, OverflowError):
            if self.minor <= MINOR:
                raise Wrong(f"act {self.kind}: a field is missing or not valid") from None
            self.content = None

    def read(self):
        body = self.body
        if self.kind == "genesis":
            host, proof = body["host"], hexed(body["proof"], 64)
            if hexed(body["operator"], 32) != self.signer:
                raise Wrong("a genesis that is not signed by its operator")
            key, name = hexed(host["key"], 32), matching(NAME, host["name"])
            if not signature_holds(proof, joining("skein.join", NO_MESH, key, self.signer, name), key):
                raise Wrong("genesis: the host's proof does not hold")
            return {"name": matching(NAME, body["name"]), "key": key, "host": name, "role": matching(ROLE, host["role"])}
        if self.kind == "invite":
            uses, expires = whole(body["uses"], 1, 64), whole(body["expires"], 1, 2**53 - 1)
            if not isinstance(body["ephemeral"], bool):
                raise ValueError
            return {"key": hexed(body["key"], 32), "role": matching(ROLE, body["role"]), "uses": uses, "expires": expires}
        if self.kind == "witness":
            key, name = hexed(body["host"]["key"], 32), matching(NAME, body["host"]["name"])
            by, mesh = hexed(body["key"], 32), self.mesh
            if not signature_holds(hexed(body["byInvitation"], 64), joining("skein.invite", mesh, key, by, name), by):
                raise Wrong("witness: the invitation's signature does not hold")
            if not signature_holds(hexed(body["byHost"], 64), joining("skein.join", mesh, key, by, name), key):
                raise Wrong("witness: the newcomer's signature does not hold")
            return {"invite": hexed(body["invite"], 32), "by": by, "key": key, "host": name}
        if self.kind == "operator":
            return {"key": hexed(body["key"], 32), "name": matching(NAME, body["name"])}
        if self.kind == "policy":
            value = line(body["value"], 128) if "value" in body else None
            return {"key": matching(POLICY_KEY, body["key"]), "value": value, **whereabouts(body)}
        if self.kind == "directive":
            if not isinstance(body.get("stop", False), bool):
                raise ValueError
            return {"text": words(body["text"], 2000), "stop": body.get("stop", False), **whereabouts(body)}
        if self.kind == "withdraw":
            if not isinstance(body.get("reason", ""), str) or len(body.get("reason", "")) > 280:
                raise ValueError
            return {"directive": hexed(body["directive"], 32)}
        if self.kind in ("cancel", "retire", "revoke", "rotate", "role"):
            raise Unjudged(f"this reader does not know what {self.kind} does")
        return None


def whereabouts(body):
    """Where an operator's word holds, and until when."""
    scope = body.get("scope", [None])
    if not isinstance(scope, list) or not 1 <= len(scope) <= 64 or len(set(scope)) < len(scope):
        raise ValueError
    return {
        "repo": line(body["repo"], 256) if "repo" in body else None,
        "scope": [item_of(each) for each in scope] if "scope" in body else None,
        "expires": whole(body["expires"], 0, 8_640_000_000_000_000) if "expires" in body else None,
    }


def words(text, most):
    if not isinstance(text, str) or not 1 <= len(text) <= most or text.strip() == "" or re.search(r"[\ud800-\udfff]", text):
        raise ValueError
    return text


def line(text, most):
    if CONTROL.search(words(text, most)):
        raise ValueError
    return text


def item_of(text):
    if not isinstance(text, str) or len(text) > 256 or CONTROL.search(text):
        raise ValueError
    return text


def hexed(text, length):
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]*", text) or len(text) != 2 * length:
        raise ValueError
    return bytes.fromhex(text)


def matching(shape, text):
    if not isinstance(text, str) or not shape.fullmatch(text) or (shape is NAME and text.lower() == "all"):
        raise ValueError
    return text


def whole(value, least, most):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or not least <= value <= most:
        raise ValueError
    return int(value)


def joining(tag, mesh, key, by, name):
    return prefix(tag, mesh) + short(key) + short(by) + short(name.encode())


def roster(acts):
    """Members by key, founder first. Enough for an export without holds and departures: uses are given in order of stamp."""
    genesis = acts[0]
    operators, grew = {genesis.signer}, True
    while grew:
        made = {act.content["key"] for act in acts if act.kind == "operator" and act.content and act.signer in operators}
        grew = not made <= operators
        operators |= made
    invites = {act.id: act.content for act in acts if act.kind == "invite" and act.content and act.signer in operators}
    founder = genesis.content
    members = {founder["key"]: {"name": founder["host"], "role": founder["role"]}}
    used = dict.fromkeys(invites, 0)
    waiting, grew = sorted((act for act in acts if act.kind == "witness" and act.content), key=lambda act: (act.stamp, act.id)), True
    while grew:
        grew = False
        for act in waiting:
            body, invite = act.content, invites.get(act.content["invite"])
            if act.signer not in members or body["key"] in members or not invite or invite["key"] != body["by"]:
                continue
            if used[body["invite"]] >= invite["uses"] or len(members) >= MEMBERS:
                continue
            used[body["invite"]] += 1
            members[body["key"]] = {"name": body["host"], "role": invite["role"]}
            grew = True
    return members


# ---- frames

PAYLOAD_BYTES, PART_BYTES, HEADER_BYTES = 64 * 1024, 256 * 1024, 1024
RECORD_BYTES, KEY_UNITS, LIVE_RECORDS, DOCUMENT_BYTES = 32 * 1024, 256, 20_000, 8 * 1024 * 1024
LOG_BYTES, LOG_FRAMES = 16 * 1024 * 1024, 10_000
KINDS = {0: "update", 1: "snapshot"}


class Frame:
    def __init__(self, reader):
        start = reader.at
        if reader.short() != b"skein.frame":
            raise Wrong("not a frame")
        generation, self.minor = reader.u16(), reader.u16()
        if generation != GENERATION:
            raise Wrong("a frame of another generation")
        fields = Bytes(reader.short())
        self.header = bytes(reader.data[start : reader.at])
        self.mesh, self.key, self.epoch = fields.take(32), fields.take(32), fields.take(12)
        self.seq, self.prev = fields.u64(), fields.take(32)
        self.kind = KINDS.get(fields.u8(), "unknown")
        self.part, self.parts = fields.u16(), fields.u16()
        self.stamp, self.offset = (fields.u64(), fields.u16()), fields.i32()
        length, payload_hash = fields.u32(), fields.take(32)
        if len(self.header) > HEADER_BYTES or self.part >= self.parts or (self.kind == "update" and self.parts != 1):
            raise Wrong("header fields do not fit together")
        if self.minor <= MINOR and (self.kind == "unknown" or not fields.done()):
            raise Wrong("a header with fields or a kind that this minor does not have")
        if length > (PART_BYTES if self.kind == "snapshot" else PAYLOAD_BYTES):
            raise Wrong("a payload above the size limit")
        self.signature = reader.take(64)
        self.payload = bytes(reader.take(length))
        self.hash = sha256(self.header)
        if sha256(self.payload) != payload_hash:
            raise Wrong("the payload does not have the hash that its header states")

    @property
    def author(self):
        return f"{self.key.hex()}/{self.epoch.hex()}"

    def check(self, mesh):
        if self.mesh != mesh:
            raise Wrong("a frame of another mesh")
        if not signature_holds(self.signature, self.header, self.key):
            raise Wrong("the signature does not fit the header")


# ---- Yjs V1, the subset of the white list


class Varints:
    """lib0: seven bits a byte, lowest first, the top bit says that more follow."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        if self.at >= len(self.data):
            raise Void("bytes that are no Yjs update")
        self.at += 1
        return self.data[self.at - 1]

    def uint(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if value > 2**53 - 1:
                raise Void("a number out of range")

    def string(self):
        length = self.uint()
        if self.at + length > len(self.data):
            raise Void("bytes that are no Yjs update")
        self.at += length
        return utf8(self.data[self.at - length : self.at], Void)


def utf16_units(text):
    return len(text.encode("utf-16-le")) // 2


class Document:
    """Key → text, as Yjs merges the items of one client that never name a right neighbour."""

    def __init__(self, client):
        self.client = client
        self.clock = 0
        self.starts, self.keys = [], []  # every item: its first clock, and its key
        self.last = {}  # key → [first clock, end, text or None]: the item at the right end of the key's list

    def records(self):
        return {key: item[2] for key, item in self.last.items() if item[2] is not None}

    def apply(self, update):
        reader = Varints(update)
        sections = reader.uint()
        if sections > 1:
            raise Void("more than one client")
        if sections == 1:
            count, client, clock = reader.uint(), reader.uint(), reader.uint()
            if count and (client != self.client or clock != self.clock):
                raise Void("another client, or a gap before an item")
            for _ in range(count):
                self.item(reader)
        deletes = []
        for _ in range(reader.uint()):
            client, ranges = reader.uint(), reader.uint()
            for _ in range(ranges):
                start, length = reader.uint(), reader.uint()
                if client != self.client or length < 1 or start + length > self.clock:
                    raise Void("a deletion of what is not there")
                deletes.append((start, start + length))
        for start, end in deletes:
            for at in range(bisect.bisect_left(self.starts, start), bisect.bisect_left(self.starts, end)):
                item = self.last[self.keys[at]]
                if item[0] == self.starts[at]:
                    item[2] = None
        sizes = [len(text.encode()) for text in self.records().values()]
        if max(sizes, default=0) > RECORD_BYTES or len(sizes) > LIVE_RECORDS or sum(sizes) > DOCUMENT_BYTES:
            raise Void("more than one author's document may hold")

    def item(self, reader):
        info = reader.byte()
        has_origin, has_right, has_key = info & 0x80, info & 0x40, info & 0x20
        if has_right or info & 31 not in (1, 8):
            raise Void("a struct other than an item with one text at the end of its key")
        if has_origin:
            client, clock = reader.uint(), reader.uint()
            if client != self.client or clock >= self.clock:
                raise Void("an origin outside the own past")
            key = self.keys[bisect.bisect_right(self.starts, clock) - 1]
            is_last = self.last[key][1] == clock + 1
        else:
            if reader.uint() != 1 or reader.string() != "records" or not has_key:
                raise Void("a place outside the records")
            key = reader.string()
            if utf16_units(key) > KEY_UNITS or key in ("__proto__", "constructor", "prototype"):
                raise Void("a key that no record has")
            is_last = key not in self.last
        length, text = self.content(reader, info & 31)
        if not is_last:
            raise Void('an item that is not the last of its key')
        self.starts.append(self.clock)
        self.keys.append(key)
        self.last[key] = [self.clock, self.clock + length, text]
        self.clock += length

    @staticmethod
    def content(reader, kind):
        if kind == 1:
            length = reader.uint()
            if length < 1:
                raise Void("a deletion of nothing")
            return length, None
        if reader.uint() != 1 or reader.byte() != 119:
            raise Void("content other than one text")
        text = reader.string()
        if utf16_units(text) > RECORD_BYTES:
            raise Void("a record over the size limit")
        return 1, text


class Log:
    """The chain of one author and the records that it amounts to."""

    def __init__(self, mesh, frame):
        self.mesh, self.key, self.epoch = mesh, frame.key, frame.epoch
        self.next_seq, self.head = frame.seq, None
        self.document, self.held = None, {}
        self.void_since, self.parts, self.snapshot_start, self.bytes = None, [], frame.seq, 0

    def append(self, frame):
        """What the frame did: changed, replaced, part or void, and why."""
        if self.head is None:
            if frame.kind != "snapshot" or frame.part != 0 or (frame.seq == 0 and frame.prev != bytes(32)):
                raise Wrong("a log that does not begin with a snapshot")
        elif frame.seq != self.next_seq or frame.prev != self.head:
            raise Wrong("a frame that does not follow the one before: a gap or a fork")
        self.head, self.next_seq = frame.hash, frame.seq + 1
        return self.snapshot(frame) if frame.kind == "snapshot" else self.update(frame)

    def update(self, frame):
        self.parts = []
        self.bytes += len(frame.payload)
        if self.void_since is not None:
            return "void", f"void since frame {self.void_since}"
        if frame.kind == "unknown":
            return "changed", "of a newer minor"
        try:
            if self.document is None:
                raise Void("no snapshot yet")
            if frame.seq - self.snapshot_start + 1 > LOG_FRAMES or self.bytes > LOG_BYTES:
                raise Void("more since the last snapshot than a log may have")
            self.document.apply(frame.payload)
        except Void as fault:
            self.void_since = frame.seq
            return "void", str(fault)
        self.held = self.document.records()
        return "changed", ""

    def snapshot(self, frame):
        if frame.part == 0:
            self.parts = []
        elif len(self.parts) != frame.part:
            return "void", "a part of a snapshot without those before it"
        self.parts.append(frame.payload)
        if frame.part + 1 < frame.parts:
            return "part", ""
        whole, self.parts = b"".join(self.parts), []
        self.snapshot_start, self.bytes, self.void_since = frame.seq - frame.part, 0, None
        self.document = Document(client_id(self.mesh, self.key, self.epoch, self.snapshot_start))
        why = ""
        try:
            if len(whole) > 2 * DOCUMENT_BYTES:
                raise Void("a snapshot over the size limit")
            self.document.apply(whole)
            self.held = self.document.records()
        except Void as fault:
            self.void_since, self.held, why = frame.seq, {}, f"void: {fault}"
        return "replaced", why


# ---- commands


def hexes(value):
    """Every value named "hex" in a JSON file, in order: the bytes of an export, whatever stands beside them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "hex" and isinstance(inner, str):
                yield bytes.fromhex(inner)
            else:
                yield from hexes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from hexes(inner)


def stream(path):
    with open(path, "rb") as file:
        data = file.read()
    return b"".join(hexes(json.loads(data))) if data[:1] == b"{" else data


def read_chain(path, as_json):
    say = (lambda line, fact: print(json.dumps(fact))) if as_json else (lambda line, fact: print(line))
    reader = Bytes(stream(path))
    acts, logs, members, counts = {}, {}, {}, {"frames": 0, "void": 0}
    mesh = None
    while not reader.done():
        tag = Bytes(reader.data, reader.at).short()
        if tag == b"skein.act":
            act = Act(reader)
            if mesh is None:
                if act.kind != "genesis":
                    raise Wrong("the first act is no genesis: which mesh this is cannot be told")
                mesh = act.id
            act.check(mesh)
            acts[act.id] = act
            members = roster(list(acts.values()))
            effect = "known" if act.content else "carried"
            say(f"act {act.kind} {act.id.hex()[:16]} by {act.signer.hex()[:16]}: holds, {effect}", {"type": "act", "kind": act.kind, "id": act.id.hex(), "effect": effect})
        elif tag == b"skein.frame":
            frame = Frame(reader)
            where = f"frame {frame.author[:8]}/{frame.epoch.hex()[:8]} {frame.seq}"
            try:
                if mesh is None or frame.key not in members:
                    raise Wrong("nobody let its author in")
                frame.check(mesh)
                log = logs.setdefault(frame.author, None) or Log(mesh, frame)
                logs[frame.author] = log
                effect, why = log.append(frame)
            except Wrong as wrong:
                raise Wrong(f"{where}: {wrong}") from None
            counts["frames"] += 1
            counts["void"] += effect == "void" or why.startswith("void")
            counted = sorted(key for key, text in log.held.items() if record_id(mesh, frame.key, text) == key)
            line = f"{where} {frame.kind} {frame.hash.hex()[:16]}: {effect}{', ' + why if why else ''}; {len(log.held)} records, {len(counted)} under their own id"
            say(line, {"type": "frame", "author": frame.author, "seq": frame.seq, "kind": frame.kind, "effect": effect, "hash": frame.hash.hex(), "records": log.held, "counted": counted})
        else:
            raise Wrong(f"neither an act nor a frame at byte {reader.at}")
    if mesh is None or not logs:
        raise Wrong("nothing to read")
    acts_digest = sha256(b"".join(sorted(acts)))
    heads = b"".join(
        log.key + log.epoch + b"\0" + struct.pack(">Q", log.next_seq - 1) + log.head for _, log in sorted(logs.items())
    )
    heads_digest = sha256(prefix("skein.heads", mesh) + acts_digest + heads)
    view = view_hash(mesh, members, logs.values())
    facts = {"mesh": mesh.hex(), "actsDigest": acts_digest.hex(), "headsDigest": heads_digest.hex(), "view": view.hex()}
    line = f"mesh {facts['mesh'][:16]}: {len(acts)} acts, {len(members)} hosts, {counts['frames']} frames in {len(logs)} logs, {counts['void']} void; all signatures hold"
    say(f"{line}\nheads {facts['headsDigest']}\nview  {facts['view']}", {"type": "summary", **facts, **counts})


# ---- an export: JSON lines, each of which shows that its readable part is what was signed


def iso(millis):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=millis)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def same(left, right):
    """Of two JSON values; True is not 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def states(line, facts):
    for name, fact in facts.items():
        if not same(line.get(name), fact):
            raise Wrong(f"{name} is not what was signed")


def texts_of(payload):
    """Key to text of what an update adds under keys of its own, without the document that it came upon; nothing where it breaks the white list."""
    reader, found = Varints(payload), {}
    try:
        sections = reader.uint()
        if sections > 1:
            raise Void("more than one client")
        count, client, clock = (reader.uint(), reader.uint(), reader.uint()) if sections else (0, 0, 0)
        for _ in range(count):
            info, key = reader.byte(), None
            if info & 0x40 or info & 31 not in (1, 8):
                raise Void("a struct other than an item with one text at the end of its key")
            if info & 0x80:
                if reader.uint() != client or reader.uint() >= clock:
                    raise Void("an origin outside the own past")
            else:
                if reader.uint() != 1 or reader.string() != "records" or not info & 0x20:
                    raise Void("a place outside the records")
                key = reader.string()
                if utf16_units(key) > KEY_UNITS or key in ("__proto__", "constructor", "prototype"):
                    raise Void("a key that no record has")
            length, text = Document.content(reader, info & 31)
            clock += length
            if key is not None and text is not None:
                found[key] = text
        for _ in range(reader.uint()):
            reader.uint()
            for _ in range(reader.uint()):
                reader.uint(), reader.uint()
    except Void:
        return {}
    return found


class Export:
    def __init__(self):
        self.mesh, self.whole, self.acts, self.members, self.unjudged = None, False, [], None, set()
        self.last, self.parts, self.due = {}, [], {}
        self.frames = self.chained = self.records = 0

    def line(self, line):
        kind = line.get("type")
        if kind == "mesh":
            self.mesh, self.whole = bytes.fromhex(line["mesh"]), line["whole"]
            return f"mesh {line['mesh'][:16]}"
        if self.mesh is None:
            raise Wrong("an export that does not say which mesh it is of")
        if kind == "act":
            return self.act(line)
        if kind == "frame":
            return self.frame(line)
        if line.get("ok") is True:
            return "the envelope of the command, which nobody signed"
        raise Wrong("neither an act nor a frame")

    def act(self, line):
        reader = Bytes(base64.b64decode(line["bytes"], validate=True))
        act = Act(reader)
        if not reader.done():
            raise Wrong("bytes behind the act")
        if not self.acts and act.kind != "genesis":
            raise Wrong("the first act is no genesis")
        try:
            act.check(self.mesh)
        except Unjudged:
            self.unjudged.add(act.kind)
            act.content = None
        states(line, {"act": act.id.hex(), "kind": act.kind, "signer": act.signer.hex(), "at": iso(act.stamp[0])})
        for name, value in (line["says"] or {}).items():
            if not same(value, act.body.get(name)):
                raise Wrong(f"says: {name} is not what was signed")
        self.acts.append(act)
        return f"act {act.kind} {act.id.hex()[:16]}: holds"

    def frame(self, line):
        if not self.acts:
            raise Wrong("a frame before the acts: whose it is cannot be told")
        if self.members is None:
            self.members = roster(self.acts)
        reader = Bytes(b"".join(base64.b64decode(line[name], validate=True) for name in ("header", "signature", "payload")))
        frame = Frame(reader)
        if not reader.done():
            raise Wrong("bytes behind the frame")
        frame.check(self.mesh)
        name = self.members.get(frame.key, {}).get("name")
        if name is None and not self.unjudged:
            raise Wrong("nobody let its author in")
        states(line, {"author": frame.author, "seq": frame.seq, "kind": frame.kind, "part": frame.part, "parts": frame.parts, "at": iso(frame.stamp[0] - frame.offset), "hash": frame.hash.hex()})
        if name is not None:
            states(line, {"host": name})
        before = self.last.get(frame.author)
        if before is not None and before.seq >= frame.seq:
            raise Wrong("a frame that is not behind the one before")
        if before is not None and before.seq + 1 == frame.seq:
            if frame.prev != before.hash:
                raise Wrong("a frame that does not follow the one before: a gap or a fork")
            self.chained += 1
        self.last[frame.author] = frame
        self.frames += 1
        if frame.kind == "snapshot":
            said = self.snapshot(frame, line["records"])
        elif self.due:
            raise Wrong("records of a snapshot whose last part is not there")
        else:
            said = self.compare(frame, texts_of(frame.payload), {each["record"]: each for each in line["records"]})
        return f"frame {frame.author[:8]}/{frame.epoch.hex()[:8]} {frame.seq} {frame.kind} {frame.hash.hex()[:16]}: {said}"

    def snapshot(self, frame, records):
        """What stands beside the parts is compared with the last of them: only together are they a document."""
        if frame.part == 0:
            if self.due:
                raise Wrong("records of a snapshot whose last part is not there")
            self.parts = []
        elif len(self.parts) != frame.part:
            if records:
                raise Wrong("records of a snapshot whose first part is not there")
            return "a part of a snapshot that is not whole here"
        self.parts.append(frame.payload)
        self.due.update({each["record"]: each for each in records})
        if frame.part + 1 < frame.parts:
            return f"part {frame.part + 1} of {frame.parts}"
        whole, due, self.parts, self.due = b"".join(self.parts), self.due, [], {}
        return self.compare(frame, texts_of(whole), due)

    def compare(self, frame, texts, records):
        for name, line in records.items():
            text = texts.get(name)
            if text is None:
                raise Wrong(f"record {name} is not in what was signed")
            if record_id(self.mesh, frame.key, text) != name:
                raise Wrong(f"record {name} has another id")
            if line["raw"] is not None and line["raw"] != text:
                raise Wrong(f"record {name}: raw is not what was signed")
            content = readable(text)
            if line["raw"] is None and not same(line["content"], content):
                raise Wrong(f"record {name}: content is not what was signed")
            if isinstance(content, dict) and isinstance(content.get("stamp"), list):
                states(line, {"at": iso(content["stamp"][0] - content.get("offset", 0))})
        counted = {name for name, text in texts.items() if record_id(self.mesh, frame.key, text) == name}
        if self.whole and counted != set(records):
            raise Wrong("records that were signed are not shown")
        self.records += len(records)
        return f"{len(records)} records, each as it was signed"

    def done(self):
        if self.due:
            raise Wrong("records of a snapshot whose last part is not there")
        if not self.acts:
            raise Wrong("no act: whose mesh this is cannot be told")
        members = "whom the acts let in" if not self.unjudged else f"not held against the acts, since this reader does not know {', '.join(sorted(self.unjudged))}"
        return f"{len(self.acts)} acts, {self.frames} frames ({self.chained} follow the one before), {self.records} records; all signatures hold, of hosts {members}"


def readable(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def read_export(path):
    export = Export()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                print(export.line(json.loads(line)))
            except Wrong as wrong:
                raise Wrong(f"line {number}: {wrong}") from None
            except (LookupError, TypeError, ValueError, AttributeError) as fault:
                raise Wrong(f"line {number}: not a line of an export ({fault!r})") from None
    print(export.done())


def view_hash(mesh, members, logs):
    lines = sorted(
        json.dumps([key.hex(), host_id(key), member["name"], member["role"], "member"], separators=(",", ":")) for key, member in members.items()
    )
    counted = {key for log in logs for key, text in log.held.items() if record_id(mesh, log.key, text) == key}
    return sha256(prefix("skein.view", mesh) + "\n".join([*lines, "", *sorted(counted), ""]).encode())


def read_signatures(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    holds = [signature_holds(*(bytes.fromhex(vector[name]) for name in ("signature", "message", "pub_key"))) for vector in vectors]
    print("".join("V" if each else "X" for each in holds))


def read_records(path):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    mesh, key = bytes.fromhex(content["mesh"]), bytes.fromhex(content["hostKey"])
    if host_id(key) != content["hostId"]:
        raise Wrong("another host id")
    for record in content["records"]:
        if utf8(bytes.fromhex(record["utf8"])) != record["text"]:
            raise Wrong(f"{record['what']}: other bytes")
        if record_id(mesh, key, record["text"]) != record["id"]:
            raise Wrong(f"{record['what']}: another id")
        print(f"{record['id']} {record['what']}")


def read_handshake(path):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)
    raw = lambda holder, name: bytes.fromhex(holder[name])
    mesh, ends = raw(content, "mesh"), (content["dialled"], content["accepted"])
    meeting = b"".join(raw(end, "key") + raw(end, "nonce") for end in ends) + raw(content, "binding")
    for side, end in enumerate(ends):
        check(f"link, side {side}", end, "statement", prefix("skein.link", mesh) + bytes([side]) + meeting)
        holds(f"link, side {side}", raw(end, "signature"), raw(end, "statement"), raw(end, "key"))
    says = content["joining"]
    key, by = raw(says, "hostKey"), raw(says, "by")
    check("joining", says, "statementByInvitation", joining("skein.invite", mesh, key, by, says["name"]))
    check("joining", says, "statementByHost", joining("skein.join", mesh, key, by, says["name"]))
    holds("joining, invitation key", raw(says, "byInvitation"), raw(says, "statementByInvitation"), by)
    holds("joining, host key", raw(says, "byHost"), raw(says, "statementByHost"), key)
    founds = content["founding"]
    check("founding", founds, "statementByHost", joining("skein.join", NO_MESH, raw(founds, "hostKey"), raw(founds, "by"), founds["name"]))
    derived = content["clientId"]
    if client_id(mesh, bytes.fromhex(derived["author"][:64]), raw(derived, "epoch"), derived["snapshotSeq"]) != derived["value"]:
        raise Wrong("another clientID")
    print("clientID is derived alike")
    if read_token(content["token"]["text"]) != content["token"]["content"]:
        raise Wrong("another token")
    print("token is read alike")


def check(what, holder, name, expected):
    if bytes.fromhex(holder[name]) != expected:
        raise Wrong(f"{what}: another {name}")


def holds(what, signature, message, key):
    if not signature_holds(signature, message, key):
        raise Wrong(f"{what}: the signature does not hold")
    print(f"{what}: holds")


def read_token(text):
    if not text.startswith("sk1_"):
        raise Wrong("not a token")
    data = from_base32(text[4:])
    content, checksum = data[:-4], data[-4:]
    if sha256(b"sk1_" + content)[:4] != checksum:
        raise Wrong("a token whose checksum does not hold")
    reader = Bytes(content)
    if reader.u8() != 1:
        raise Wrong("a token of another format")
    token = {"mesh": reader.take(32).hex(), "meshName": reader.text(), "secret": f"hex:{reader.take(32).hex()}", "host": reader.take(32).hex()}
    token.update(hostName=reader.text(), expires=reader.u64())
    token["addresses"] = [{"url": reader.text(), "label": reader.text()} for _ in range(reader.u8())]
    if not reader.done():
        raise Wrong("bytes behind the token's end")
    return token


COMMANDS = {"export": read_export, "signatures": read_signatures, "records": read_records, "handshake": read_handshake}


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "chain" and arguments[2:] in ([], ["--json"]):
        read_chain(arguments[1], arguments[2:] == ["--json"])
    elif len(arguments) == 2 and arguments[0] in COMMANDS:
        COMMANDS[arguments[0]](arguments[1])
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Wrong, OSError, ValueError) as wrong:
        print(f"wrong: {wrong}", file=sys.stderr)
        sys.exit(1)
