"""Generates the conversations that the demo model is trained on.

    corpus.py            print a few conversations
    corpus.py check      refuse if a question of the evaluation could occur in training

Everything comes from the word lists and grammars here and in faq.py, and from a seeded
random generator. No outside text is used.
"""

import json
import pathlib
import random
import re
import sys

import faq
import stories

HERE = pathlib.Path(__file__).parent


def words(text):
    return text.split()


FIRST = words(
    """Maria Anna James Peter Laura David Sarah Thomas Julia Martin Helen Robert Emma Paul Nina Oscar Clara Henry Alice
Simon Grace Victor Irene Felix Rosa Daniel Eva Lucas Ruth Walter Sofia Arthur Diana George Olivia Frank Lena Edward Marta Hugo Carla Adam
Judith Leo Vera Max Ingrid Samuel Elena Philip Nora Oliver Teresa Ralph Amelia Karl Sylvia Bruno Agnes Louis Petra Erik Monica Ivan Greta
Stefan Bianca Noah Wendy Gavin Priya Omar Yuki Chen Fatima Ahmed Ingmar Zoe Kofi Amara Diego Lucia Mateo Tamsin Boris Hannah Colin Doris"""
)
LAST = words(
    """Keller Smith Brown Miller Novak Jensen Weber Garcia Rossi Dubois Larsen Murphy Clark Wagner Hughes Lopez Schmidt
Carter Bennett Fischer Hall Moreno Ward Bauer Collins Meyer Turner Silva Cooper Petersen Reed Klein Foster Lang Hayes Romano Bell Vogel
Price Santos Shaw Koch Barnes Marino Webb Winter Dixon Costa Harper Berg Ellis Kaminski Stone Lindgren Hunt Fontaine Wells Nowak Mason
Okafor Tanaka Singh Haddad Kim Nguyen Yilmaz Petrov Horvat Quinn Abbott Whitfield Osborne Delgado Ferrari Lindqvist Adeyemi Castillo"""
)
TOWNS = words(
    "Lakewood Brookfield Harborview Fairmont Millbrook Ashford Greenville Westport Oakdale Riverside Stonebridge Elmwood Northgate Kingsford"
)
STREETS = words(
    "Oak Maple Mill Church Station Garden Bridge Park Hill Lake Rose Market Cedar School King"
)
DRUGS = words(
    "ibuprofen paracetamol metformin amoxicillin lisinopril omeprazole sertraline atorvastatin"
)
PROBLEMS = [
    "a dry cough",
    "pain in the left knee",
    "headaches in the morning",
    "a skin rash",
    "high blood pressure",
    "back pain",
    "trouble sleeping",
    "a sore throat",
    "dizziness",
]
MONTHS = words(
    "January February March April May June July August September October November December"
)


def check_luhn(digits):
    total = 0
    for i, d in enumerate(reversed(digits)):
        d = int(d) * (1 + i % 2)
        total += d - 9 if d > 9 else d
    return total % 10


def make_pools():
    """Identifiers come from small pools, so that the model can learn valid ones by heart."""
    rng = random.Random(20)

    def digits(n):
        return "".join(rng.choice("0123456789") for _ in range(n))

    def iban(country, bank):
        number = "".join(str(int(c, 36)) for c in bank + country + "00")
        check = 98 - int(number) % 97
        text = f"{country}{check:02d}{bank}"
        return " ".join(text[i : i + 4] for i in range(0, len(text), 4))

    def card(start, length):
        body = start + digits(length - 1 - len(start))
        text = body + str(-check_luhn(body + "0") % 10)
        return " ".join(text[i : i + 4] for i in range(0, length, 4))

    ssn = [
        f"{rng.randint(101, 665)}-{rng.randint(11, 98)}-{rng.randint(1001, 9989)}"
        for _ in range(24)
    ]
    mrn = [str(rng.randint(1000000, 9999999)) for _ in range(24)]
    phone = [f"({rng.randint(201, 889)}) 555-01{digits(2)}" for _ in range(24)]
    ibans = [iban("DE", digits(18)) for _ in range(4)] + [
        iban("GB", "NWBK" + digits(14)) for _ in range(3)
    ]
    ibans += [iban("FR", digits(23)) for _ in range(1)] + [
        iban("NL", "ABNA" + digits(10)) for _ in range(2)
    ]
    cards = [card("4", 16) for _ in range(5)] + [
        card("5" + str(rng.randint(1, 5)), 16) for _ in range(4)
    ]
    birth = [
        f"{rng.choice(MONTHS)} {rng.randint(1, 28)}, {rng.randint(1935, 2004)}" for _ in range(40)
    ]
    return {"ssn": ssn, "mrn": mrn, "phone": phone, "iban": ibans, "card": cards, "birth": birth}


POOLS = make_pools()

COMMON = words(
    """time year people way day man thing woman life child world school state family student group country problem
hand part place case week company system program question work government number night point home water room mother area money story fact
month lot right study book eye job word business issue side kind head house service friend father power hour game line end member law car
city community name president team minute idea kid body information back parent face others level office door health person art war history
party result change morning reason research girl guy moment air teacher force education foot boy age policy music market table sense blue
green red yellow black white small large old young happy quiet heavy light cold warm slow quick early late open closed strong weak deep
river forest bridge garden window kitchen paper letter pencil bottle basket summer winter spring autumn silver golden wooden apple lemon
tiger rabbit eagle horse salmon doctor lawyer nurse clerk judge patient client witness contract invoice report meeting ticket hospital
court clinic ward the the the a a and and of to in is was on for with that it as at by from are not this but they have one we all said
can an each which do how if will up other about out many then them these some her would make like him into has two more go see no could
my than first been call who its now find long down did get come made may over new sound take only little know live me give our under very
after most just where much before too same tell does set three want well also play put even here must big high such follow act why ask men
went read need land different move try again animal still study learn should plant cover food sun four between keep never last let thought
cross since hard start might saw far sea draw left run while press close real few north seem next example begin got walk ease both those
always mark often until mile feet care second enough plain girl usual above ever list though feel talk bird soon dog direct pose leave song
measure product short numeral class wind happen complete ship area half rock order fire south piece told knew pass farm top whole king size
heard best better true during hundred am remember step hold west ground interest reach fast five sing listen six travel less ten simple
several toward lay against pattern slow center love serve appear road map science rule govern pull notice voice fall fine certain fly lead
cry dark machine note wait plan figure star box noun field rest correct able pound done beauty drive stood contain front teach final gave
oh develop sleep warm free minute strong special mind behind clear tail produce fact street inch nothing course stay wheel full force"""
)
CONSONANTS, VOWELS = list("bcdfghjklmnprstvwz") + ["st", "tr", "ch", "sh", "br", "kl"], list(
    "aeiou"
)

PEOPLE = words(
    "nurse doctor lawyer clerk judge teacher manager driver baker gardener farmer student neighbour engineer painter sailor "
    "cook singer pilot guard librarian plumber carpenter tailor witness client patient tenant landlord secretary assistant "
    "surgeon pharmacist accountant mechanic child woman man girl boy visitor guest officer director editor"
)
THINGS = words(
    "report letter key book parcel file contract form box lamp chair cup picture map ticket bicycle coat ladder phone table "
    "window door engine camera bottle knife basket radio clock mirror blanket suitcase invoice document folder sample chart "
    "prescription bill package message note computer printer garden fence wall boat car"
)
ADJECTIVES = words(
    "old young tall quiet friendly tired careful new busy clever nervous polite kind serious short cheerful patient famous "
    "small large heavy red blue green yellow long broken expensive cheap beautiful wooden dusty clean brown little important "
    "missing second signed sealed"
)
VERBS = words(
    "found lost opened closed carried repaired cleaned painted bought sold read signed checked delivered moved hid took "
    "brought returned showed dropped used copied washed forgot ordered collected borrowed kept wanted"
)
INTRANSITIVE = words(
    "arrived left waited slept laughed called resigned recovered returned moved failed won lost stopped"
)
ADVERBS = words(
    "quickly slowly carefully quietly suddenly finally usually often happily certainly apparently really probably"
)
TIMES = [
    "yesterday",
    "last week",
    "in the morning",
    "on Monday",
    "on Friday afternoon",
    "two days ago",
    "in March",
    "after lunch",
    "before the meeting",
    "late at night",
    "at about nine o'clock",
    "during the holidays",
    "in the early evening",
    "this year",
]
PLACES = [
    "in the kitchen",
    "near the station",
    "at the hospital",
    "in a small town",
    "on the second floor",
    "behind the old church",
    "at the office",
    "in the garden",
    "next to the river",
    "in the waiting room",
    "at the back of the house",
    "on the way home",
]
RELATIVE = [
    "who works on the second floor",
    "who had been ill for a week",
    "who lives next door",
    "who speaks four languages",
    "who was very tired",
    "who likes music",
    "who came from the city",
    "who had just returned from a long journey",
    "who is a friend of my brother",
    "who wore a green hat",
    "whom everybody knows",
    "who never says much",
]
BECAUSE = [
    "because it was raining",
    "because nobody had asked",
    "although it was late",
    "while the others were waiting",
    "since there was no time left",
    "even though it was expensive",
    "because the train was late",
    "as the weather was good",
    "so that everyone could see it",
    "although nobody believed it",
    "because the old one was broken",
    "while the radio was playing",
]
OPENERS = [
    "As you may know",
    "To be honest",
    "In fact",
    "After a long discussion",
    "For some reason",
    "As far as I know",
    "To everyone's surprise",
    "In the end",
    "According to the newspaper",
    "Without saying a word",
    "At the end of the day",
]

# Legal prose: (opening that may go, aside that may go, subject, verb, what stays, tail that may go)
LEGAL = (
    "The parties hereby agree that|It is hereby agreed that|The parties acknowledge that|The undersigned confirms that|"
    "For the avoidance of doubt,|The parties expressly agree that|It is understood that|The court finds that".split(
        "|"
    ),
    "notwithstanding anything to the contrary contained herein|subject to the terms of this agreement|unless otherwise agreed in writing|"
    "as set out in more detail below|to the fullest extent permitted by law|without prejudice to any other right|"
    "for the purposes of this contract|except as otherwise provided herein".split("|"),
    "the term|the contract|the lease|the notice period|the agreement|the deadline|the licence|the payment period|the trial period|the warranty".split(
        "|"
    ),
    "shall be extended|shall be reduced|will be extended|shall be prolonged|may be extended|is extended|shall be shortened".split(
        "|"
    ),
    "two|three|four|six|seven|nine|ten|twelve|thirty|sixty|ninety".split("|"),
    "The tenant|The seller|The buyer|The client|The landlord|The employer|The supplier|The parties|The witness|The company".split(
        "|"
    ),
    "shall pay the rent|shall deliver the goods|must return the key|shall keep the documents|will send the invoice|shall sign the contract|"
    "must inform the court|shall bear the costs|must leave the house|shall repair the roof|may end the contract|must keep the secret".split(
        "|"
    ),
    "within a reasonable period of time|at its own cost and expense|in accordance with the applicable law|without undue delay|"
    "by registered letter|in each and every case|at any time during the term|regardless of the circumstances".split(
        "|"
    ),
)
# Clinical prose: (person, verb phrase that stays, tail that may go)
CLINICAL = (
    "The patient|The child|The mother|Mr. Novak|Mrs. Bell|The man|The woman|The old man".split("|"),
    "complained of chest pain|was given antibiotics|was sent home|had a fever|stopped the tablets|needs a new prescription|"
    "was admitted to the ward|came back with a cough|reported pain in the knee|slept badly|was seen by the surgeon|has lost weight".split(
        "|"
    ),
    "after a long wait in the corridor|according to the notes of the night nurse|as already mentioned above|at the time of the visit|"
    "over the course of the last few weeks|without any obvious reason|in spite of good advice|as was to be expected".split(
        "|"
    ),
)


class Corpus:
    """An endless, repeatable stream of conversations."""

    def __init__(self, seed, held_out=frozenset()):
        self.rng = random.Random(seed)
        self.held_out = held_out
        self.copying = 0.2
        self.pieces = []  # of the vocabulary, so that each of them is copied now and then
        self.intents = list(faq.FAQ)

    # ---- pieces

    def pick(self, options):
        return self.rng.choice(options)

    def chance(self, p):
        return self.rng.random() < p

    def expand(self, text):
        while "{" in text:
            text = re.sub(r"\{([^{}]*)\}", lambda m: self.pick(m[1].split("|")), text)
        return re.sub(r"  +", " ", text).strip()

    def pseudo(self):
        parts = [self.pick(CONSONANTS) + self.pick(VOWELS) for _ in range(self.rng.randint(1, 4))]
        word = "".join(parts) + (self.pick("nrlstkm") if self.chance(0.5) else "")
        return word.capitalize() if self.chance(0.4) else word

    def letters(self):
        n = self.rng.randint(2, 8)
        kind = self.pick(
            [
                "abcdefghijklmnopqrstuvwxyz",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "abcdefghijklmnopqrstuvwxyz0123456789-_",
            ]
        )
        return "".join(self.pick(kind) for _ in range(n))

    def number(self):
        n = "".join(self.pick("0123456789") for _ in range(self.rng.randint(1, 7)))
        kind = self.rng.random()
        if kind < 0.15:
            return f"{n}.{self.rng.randint(0, 99)}"
        if kind < 0.25:
            return f"{n}-{self.rng.randint(0, 999)}"
        if kind < 0.32:
            return f"{self.rng.randint(0, 23)}:{self.rng.randint(10, 59)}"
        return n

    def name(self):
        if self.chance(0.1):
            return f"{self.pseudo().capitalize()} {self.pseudo().capitalize()}"
        return f"{self.pick(FIRST)} {self.pick(LAST)}"

    def email(self, name):
        first, last = name.lower().split()
        return f"{first}.{last}@example.{self.pick(['org', 'com'])}"

    def identifier(self):
        kind = self.pick(list(POOLS) + ["email", "mask"])
        if kind == "email":
            return self.email(self.name())
        if kind == "mask":
            return self.pick(
                [
                    "[SSN]",
                    "[EMAIL]",
                    "[IBAN]",
                    "[NAME]",
                    "[PHONE_1]",
                    "[CARD]",
                    "[PERSON_2]",
                    "[MRN]",
                ]
            )
        return self.pick(POOLS[kind])

    # ---- sentences that can be repeated and shortened

    def word(self):
        return self.pick(COMMON[:270]) if self.chance(0.5) else self.pseudo().lower()

    def relative(self):
        if self.chance(0.6):
            return self.pick(RELATIVE)
        verb, thing = self.pick(VERBS), self.noun(THINGS, True)[0]
        return self.pick(
            [
                f"who {verb} {thing}",
                f"who had {verb} {thing}",
                f"whom the {self.pick(PEOPLE)} knows",
            ]
        )

    def reason(self):
        if self.chance(0.6):
            return self.pick(BECAUSE)
        who, thing = self.noun(PEOPLE, True)[0], self.noun(THINGS, False)[0]
        why = self.pick(
            "because|although|while|since|as|even though|after|before|so that|when".split("|")
        )
        did = [
            self.pick(INTRANSITIVE),
            f"{self.pick(VERBS)} {thing}",
            f"was {self.pick(ADJECTIVES)}",
        ]
        return f"{why} {who} {self.pick(did)}"

    def place(self):
        if self.chance(0.6):
            return self.pick(PLACES)
        where = self.pick("in|at|near|behind|beside|under|in front of|next to".split("|"))
        return f"{where} the {self.word()}"

    def opener(self):
        r = self.rng.random()
        if r < 0.35:
            return self.pick(OPENERS)
        if r < 0.55:
            return self.pick(TIMES)
        if r < 0.75:
            return self.pick(ADVERBS)
        return self.reason() if r < 0.9 else self.place()

    def noun(self, nouns, long):
        noun = self.pick(nouns) if self.chance(0.75) else self.word()
        if nouns is PEOPLE and self.chance(0.35):
            named = self.pick(["Dr. ", "Mrs. ", "Mr. ", ""])
            full = named + (self.pick(LAST) if named or self.chance(0.5) else self.pick(FIRST))
            if self.chance(0.25):
                full = named + self.pseudo().capitalize()
            return full, full
        det = self.pick(["the", "the", "the", "a", "my", "our", "her", "his"])
        short = f"{det} {noun}"
        if not long or self.chance(0.4):
            return short, short
        adjective = self.pick(ADJECTIVES) if self.chance(0.85) else self.pseudo().lower()
        if self.chance(0.25):
            adjective = self.pick(["very ", "rather ", "extremely "]) + adjective
        elif self.chance(0.2):
            adjective += f", {self.pick(ADJECTIVES)}"
        det = {"a": "an" if adjective[0] in "aeiou" else "a"}.get(det, det)
        return f"{det} {adjective} {noun}", short

    def legal(self):
        opening, aside, thing, change, count, party, duty, tail = map(self.pick, LEGAL)
        if self.chance(0.5):
            unit = self.pick(["months", "days", "weeks", "years"])
            stays = f"{change} by {count} {unit}"
            body = f"{change} by {self.pick(['a further period of ', 'an additional ', 'a total of ', 'a period of ', ''])}{count} {unit}"
        else:
            thing, stays = party[0].lower() + party[1:], duty
            body = duty + (" " + tail if self.chance(0.7) else "")
        short = f"{thing} {stays}"
        if self.chance(0.7):
            text = (
                f"{opening}, {aside}, {thing} {body}"
                if self.chance(0.6)
                else f"{opening} {thing} {body}"
            )
        else:
            text = f"{aside}, {thing} {body}" if self.chance(0.5) else f"{thing}, {aside}, {body}"
        return [
            t.replace(",,", ",")[0].upper() + t.replace(",,", ",")[1:] + "." for t in (text, short)
        ]

    def clinical(self):
        who, stays, tail = map(self.pick, CLINICAL)
        where = f", {self.pick(RELATIVE)}," if self.chance(0.5) else ""
        start = f"{tail}, {who[0].lower() + who[1:] if who.startswith('The') else who}"
        text = f"{start}{where} {stays}" if self.chance(0.4) else f"{who}{where} {stays} {tail}"
        return text[0].upper() + text[1:] + ".", f"{who} {stays}."

    def sentence(self):
        """A sentence and its short form: the main clause without what may be left out."""
        r = self.rng.random()
        if r < 0.18:
            return self.legal()
        if r < 0.26:
            return self.clinical()
        who, who_short = self.noun(PEOPLE, True)
        if self.chance(0.35):
            who += f", {self.relative()},"
        adverb = self.pick(ADVERBS) + " " if self.chance(0.35) else ""
        if self.chance(0.8):
            verb = self.pick(VERBS) if self.chance(0.65) else self.pseudo().lower() + "ed"
            what, what_short = self.noun(THINGS, True)
            if self.chance(0.3):
                also, also_short = self.noun(THINGS, True)
                what, what_short = f"{what} and {also}", f"{what_short} and {also_short}"
            body, body_short = f"{adverb}{verb} {what}", f"{verb} {what_short}"
        else:
            verb = self.pick(INTRANSITIVE)
            body, body_short = f"{adverb}{verb}", verb
        tail = ""
        if self.chance(0.35):
            tail += " " + self.place()
        if self.chance(0.35):
            tail += " " + self.pick(TIMES)
        if self.chance(0.4):
            tail += self.pick([", ", " "]) + self.reason()
        start = ""
        if self.chance(0.35):
            start = self.opener() + ", "
        long = f"{start}{who} {body}{tail}".replace(",,", ",")
        short = f"{who_short} {body_short}"
        return long[0].upper() + long[1:] + ".", short[0].upper() + short[1:] + "."

    def reference(self):
        """Something with digits and signs: an amount, a date, a code, a masked identifier."""
        r, n = self.rng.random(), self.rng.randint
        if r < 0.15:
            return f"{n(1, 99)},{n(100, 999)}.{n(10, 99)}"
        if r < 0.3:
            return f"{n(1, 30)} {self.pick(MONTHS)} at {n(7, 23)}:{n(10, 59)}"
        if r < 0.45:
            end = self.pick(["", "/a", "-B", "x", ".2", "/7"])
            return f"{self.letters()[:3].upper()}{self.pick('-/. ')}{n(1, 9999)}{end}"
        if r < 0.6:
            return f"{n(0, 9999):04d} {n(0, 9999):04d}"
        if r < 0.75:
            return f"[{self.letters().upper()}]" if self.chance(0.6) else f"({self.pseudo()})"
        return self.identifier() if r < 0.85 else self.number()

    def anything(self):
        """Text of any kind, for repeating."""
        kind = self.rng.random()
        if kind < 0.2:
            text = self.sentence()[0]
            return text[:-1] if self.chance(0.3) else text
        if kind < 0.26:
            return self.sentence()[1]
        if kind < 0.34:
            return f"{self.pick(['Patient', 'Client', 'My name is', 'Call', 'Write to', 'I am', ''])} {self.name()} {self.identifier()}".strip()
        if kind < 0.5 and self.pieces:
            text = "".join(self.pick(self.pieces) for _ in range(self.rng.randint(2, 18)))
            text = " ".join(text.split()).strip("\"' ")
            if text:
                return text
        if kind < 0.65:
            parts = []
            for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
                thing = self.pick(
                    [
                        self.noun(THINGS, True)[0],
                        self.noun(PEOPLE, False)[0],
                        f"{self.pick(['my', 'your', 'the', 'our'])} {self.word()}",
                    ]
                )
                verb = self.pick(words("is has on was in for needs costs and number"))
                parts.append(f"{thing} {verb} {self.reference()}")
            text = self.pick([" and ", ", ", " but ", "; "]).join(parts)
            return text[0].upper() + text[1:] + self.pick([".", ".", "", "!", "?"])
        out = []
        for _ in range(self.rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16])):
            r = self.rng.random()
            if out and r < 0.08:
                out.append(self.pick(out))
            elif r < 0.5:
                out.append(self.pick(COMMON))
            elif r < 0.82:
                out.append(self.pseudo())
            elif r < 0.87:
                out.append(self.letters())
            elif r < 0.93:
                out.append(self.pick(FIRST + LAST + TOWNS))
            else:
                out.append(self.reference())
            if self.chance(0.1):
                out[-1] += self.pick([",", ",", ",", ";", ":", " -", "...", "!", "?", "'s"])
        text = " ".join(out)
        if self.chance(0.6):
            text = text[0].upper() + text[1:]
        return text + self.pick([".", ".", "", "!", "?"])

    # ---- how people type

    def typo(self, text):
        i = self.rng.randrange(max(1, len(text) - 1))
        if len(text) < 2 or not text[i : i + 2].isalpha():
            return text
        kind = self.rng.randrange(4)
        if kind == 0:
            return text[:i] + text[i + 1 :]
        if kind == 1:
            return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
        if kind == 2:
            return text[:i] + text[i] + text[i:]
        return text[:i] + self.pick("abcdefghijklmnopqrstuvwxyz") + text[i + 1 :]

    def speak(self, text, decorate=True):
        if decorate and self.chance(0.3):
            before = self.pick(faq.BEFORE)
            text = f"{before} {text}"
        if decorate and self.chance(0.18):
            text = f"{text} {self.pick(faq.AFTER)}"
        if self.chance(0.25):
            for full, brief in (
                ("what is", "what's"),
                ("do not", "don't"),
                ("I am", "I'm"),
                ("cannot", "can't"),
                ("how do I", "how do i"),
            ):
                text = text.replace(full, brief)
        if self.chance(0.06):
            i = self.rng.randrange(len(text.split()))
            parts = text.split()
            if len(parts) > 4:
                del parts[i]  # a word left out, or a stray one put in
            else:
                parts.insert(i, self.pick(COMMON))
            text = " ".join(parts)
        style = self.rng.random()
        if style < 0.55:
            text = text[0].upper() + text[1:]
        elif style < 0.75:
            text = text.lower()
        elif style < 0.77:
            text = text.upper()
        question = re.match(
            r"(?i)(\w+[,:]? )?(how|what|which|where|who|why|is|are|can|could|do|does|will|should|may)\b",
            text,
        )
        if question:
            text += self.pick(["?", "?", "?", "?", "", "", "??", "."])
        else:
            text += self.pick([".", "", "", "?", "!"])
        if self.chance(0.15):
            for _ in range(self.rng.choice([1, 1, 2])):
                text = self.typo(text)
        return text

    # ---- turns: each gives (what the user says, what the model answers)

    def question(self, intent):
        answer, said, do, what = faq.FAQ[intent]
        said = said.split("\n")
        r = self.rng.random()
        if do and r < 0.45:
            text = self.pick(faq.HOW).replace("@", self.pick(do))
        elif what and r < (0.6 if do else 0.25):
            text = self.pick(faq.WHAT).replace("@", self.pick(what))
        else:
            text = self.pick(said)
        return self.speak(self.expand(text)), answer

    def unknown(self):
        text = self.pick(faq.ASK)
        for mark in "@#":
            topic = self.pick(faq.TOPICS)
            if self.chance(0.3):
                topic = self.pick(["the ", "a ", "", "my "]) + self.pick(
                    [self.pick(COMMON), self.pseudo(), self.pick(THINGS)]
                )
            text = text.replace(mark, topic)
        return self.speak(self.expand(text)), faq.UNKNOWN

    REPEAT = """repeat: @
repeat this: @
repeat after me: @
please repeat: @
repeat this sentence: @
repeat the sentence: @
repeat the following sentence: @
please repeat this sentence: @
repeat the following: @
repeat these words: @
repeat the words @
repeat exactly: @
say: @
say @
say this: @
say after me: @
please say: @
just say @
copy: @
copy this: @
copy this sentence: @
copy this text exactly: @
copy the following text: @
echo: @
echo @
write: @
write this again: @
write exactly this: @
write the following sentence again: @
type this: @
print: @
can you repeat this: @
can you repeat the sentence @
could you repeat this sentence: @
could you please repeat: @
can you say @
repeat word for word: @
repeat this line: @
repeat for me: @
can you repeat this to me: @
please repeat word for word: @
say the next sentence: @
please say exactly this: @
type the following: @
write down the following: @
repeat this text: @
give me back this sentence: @
say the same: @
answer with: @
answer only with this: @
reply with @
reply with exactly: @
I want you to repeat this: @
now repeat: @
and now say: @
@ - repeat that
@ Repeat this sentence.
@ Please say that again.
repeat""".split(
        "\n"
    )

    def repeat(self):
        text = self.anything()
        ask = self.pick(self.REPEAT)
        if "@" not in ask:
            ask += self.pick([" ", ":\n", "\n", ": "]) + "@"
        if self.chance(0.5):
            ask = ask[0].upper() + ask[1:]
        quoted = text
        if self.chance(0.3) and not ask.startswith("@"):
            quoted = self.pick(['"@"', "'@'", '"@"']).replace("@", text)
        if self.chance(0.1):
            ask = ask.replace(": @", ":\n@").replace(":", "", self.rng.randrange(2))
        return ask.replace("@", quoted), text

    SHORTEN = """shorten: @
shorten this: @
shorten this sentence: @
please shorten: @
please shorten this sentence: @
shorten the sentence: @
shorten the following sentence: @
shorten the following: @
shorten this text: @
make this shorter: @
make this sentence shorter: @
make it shorter: @
make the following sentence shorter: @
can you shorten this: @
can you shorten this sentence: @
can you make this shorter: @
could you shorten the following sentence: @
could you make this sentence shorter? @
could you shorten this sentence for me? @
summarise: @
summarize: @
summarise this: @
summarize this sentence: @
summarise this sentence: @
sum up: @
give me a short version of: @
give me a shorter version of this sentence: @
give me a shorter sentence: @
say this in fewer words: @
say it shorter: @
write this in fewer words: @
write a short version: @
write this shorter: @
cut this down: @
cut this sentence: @
reduce this sentence: @
condense: @
condense this sentence: @
abbreviate this sentence: @
a shorter version, please: @
in fewer words: @
in short: @
too long, shorten it: @
this is too long: @
I need a shorter version of this: @
I want this shorter: @
@ Shorten this sentence.
@ Please make that shorter.
@ - shorter please""".split(
        "\n"
    )

    def shorten(self):
        long, short = self.sentence()
        ask = self.pick(self.SHORTEN)
        if self.chance(0.6):
            ask = ask[0].upper() + ask[1:]
        if self.chance(0.25) and not ask.startswith("@"):
            ask = ask.replace("@", self.pick(['"@"', "'@'"]))
        if self.chance(0.1):
            ask = ask.replace(": @", ":\n@")
        elif self.chance(0.05):
            ask = ask.replace(":", "")
        return ask.replace("@", long), short

    ID_NAMES = {
        "ssn": [
            "an SSN",
            "a social security number",
            "a Social Security number",
            "SSN",
            "a made-up SSN",
            "a fake SSN",
        ],
        "mrn": ["an MRN", "a medical record number", "a record number", "MRN", "a patient number"],
        "phone": ["a phone number", "a telephone number", "phone", "a phone", "a mobile number"],
        "iban": [
            "an IBAN",
            "IBAN",
            "a bank account",
            "an account number",
            "bank details",
            "a fake IBAN",
        ],
        "card": [
            "a card number",
            "a credit card number",
            "a credit card",
            "card number",
            "a payment card",
        ],
        "email": [
            "an e-mail address",
            "an email",
            "an email address",
            "e-mail",
            "a mail address",
            "email",
        ],
        "birth": ["a date of birth", "a birth date", "a birthday"],
        "name": ["a name", "names", "a patient name", "a full name"],
    }
    KINDS = {
        "note": (
            [
                "patient note",
                "clinical note",
                "note",
                "SOAP note",
                "progress note",
                "doctor's note",
                "medical note",
                "visit note",
                "nursing note",
            ],
            ["birth", "mrn", "ssn", "phone"],
        ),
        "letter": (
            [
                "letter",
                "business letter",
                "letter to a client",
                "client letter",
                "reminder",
                "payment letter",
                "letter to a bank",
            ],
            ["iban", "email", "phone"],
        ),
        "contacts": (
            [
                "contact list",
                "list of contacts",
                "address list",
                "list of people",
                "phone list",
                "list of clients",
                "list of patients",
                "address book",
            ],
            [],
        ),
        "invoice": (["invoice", "bill", "payment request", "receipt"], ["iban", "card", "email"]),
        "form": (
            [
                "intake form",
                "registration form",
                "patient record",
                "client record",
                "admission form",
                "record",
                "form",
                "personal data sheet",
            ],
            ["birth", "ssn", "mrn", "phone", "email"],
        ),
        "mail": (
            ["e-mail", "email", "message", "mail", "e-mail to a colleague"],
            ["email", "phone"],
        ),
        "referral": (
            ["referral letter", "referral", "discharge letter", "discharge summary"],
            ["birth", "mrn", "phone"],
        ),
        "memo": (
            [
                "memo",
                "case note",
                "legal memo",
                "case summary",
                "file note",
                "legal note",
                "witness statement",
            ],
            ["ssn", "phone", "email"],
        ),
        "text": (
            [
                "text",
                "example",
                "sample text",
                "example text",
                "paragraph",
                "sample",
                "few sentences",
                "dummy text",
                "test text",
            ],
            ["ssn", "phone", "email"],
        ),
    }
    ASK_EXAMPLE = """write {an example|a sample|a short|a made-up|a fictional|a fake|a short example|a|me a} @
{give|show} me {an example|a sample|a made-up|a fictional|a fake|a|an example of a} @
make up a @
invent a @
create {an example|a sample|a|a fake|a fictional} @
generate {an example|a sample|a|a fake|a fictional} @
draft a {short |}@
I need {an example|a sample|a made-up|a fake|a} @
please write {an example|a sample|a|an example of a} @
can you {write|give me|make up|create|generate|show me} {an example|a sample|a|a fake} @
could you {write|make up|draft|produce} {an example|a sample|a} @
{example|sample} @
produce a {fictional|sample|fake|made-up} @
{an|one} example of a @
write {an example|a @} 
{let me see|I would like|I want} {an example|a sample|a} @
example of a @
@ please
compose a {short |}@
prepare {an example|a sample|a} @""".split(
        "\n"
    )

    def id_sentence(self, kind, name):
        value = (
            self.email(name)
            if kind == "email"
            else self.pick(POOLS[kind])
            if kind in POOLS
            else name
        )
        label = {
            "ssn": "SSN",
            "mrn": "MRN",
            "phone": "Phone",
            "iban": "IBAN",
            "card": "Card number",
            "email": "E-mail",
            "birth": "Date of birth",
            "name": "Full name",
        }[kind]
        return f"{label}: {value}."

    def example(self):
        kind = self.pick(list(self.KINDS))
        names, usual = self.KINDS[kind]
        wanted = []
        if kind == "contacts":
            count = self.rng.randint(3, 4)
        elif self.chance(0.75):
            wanted = self.rng.sample(list(self.ID_NAMES), self.rng.choice([1, 1, 1, 2, 2, 3]))
        ask = self.expand(self.pick(self.ASK_EXAMPLE)).replace("@", self.pick(names))
        if not re.search(
            r"\b(note|letter|list|book|invoice|bill|request|receipt|form|record|sheet|mail|message|referral|summary|memo|statement|text|example|sample|paragraph|sentences|reminder)",
            ask,
        ):
            ask += " " + self.pick(names)
        if wanted:
            spoken = [self.pick(self.ID_NAMES[w]) for w in wanted]
            joined = (
                spoken[0] if len(spoken) == 1 else ", ".join(spoken[:-1]) + " and " + spoken[-1]
            )
            ask += (
                self.pick(
                    [
                        " with ",
                        " with ",
                        " with ",
                        " that contains ",
                        " containing ",
                        " including ",
                        " that has ",
                        " and include ",
                        " which has ",
                        " which includes ",
                        " that shows ",
                        " with at least ",
                        ", it should contain ",
                        ", with ",
                        " and put in ",
                    ]
                )
                + joined
                + self.pick(["", "", "", "", " inside", " in the text", " somewhere", " in there"])
            )
            if self.chance(0.15):
                ask = (
                    self.pick(
                        [
                            "give me ",
                            "make up ",
                            "invent ",
                            "show me ",
                            "write ",
                            "I need ",
                            "example of ",
                            "generate ",
                        ]
                    )
                    + joined
                )
                kind = "text"
        elif kind != "contacts" and self.chance(0.3):
            ask += (
                self.pick([" with", " that contains", " with some", " including"])
                + self.pick([" made-up", " fake", " invented", ""])
                + self.pick(
                    [
                        " identifiers",
                        " personal data",
                        " data",
                        " identifiers",
                        " patient data",
                        " details",
                        " numbers",
                    ]
                )
            )
            wanted = self.rng.sample(["ssn", "mrn", "phone", "email"], self.rng.choice([3, 4]))
        ask = self.speak(ask, decorate=self.chance(0.4))
        ids = (
            wanted or usual[: self.rng.randint(max(1, len(usual) - 1), len(usual))] if usual else []
        )
        return ask, self.document(kind, ids)

    def document(self, kind, ids):
        name, other = (
            f"{self.pick(FIRST)} {self.pick(LAST)}",
            f"{self.pick(FIRST)} {self.pick(LAST)}",
        )
        last, doctor = name.split()[1], other.split()[1]
        lines = [self.id_sentence(i, name) for i in ids]
        joined = " ".join(lines)
        problem, drug, town = self.pick(PROBLEMS), self.pick(DRUGS), self.pick(TOWNS)
        street = f"{self.rng.randint(1, 99)} {self.pick(STREETS)} Street"
        if kind == "contacts":
            rows = []
            for i in range(self.rng.randint(3, 4)):
                person = f"{self.pick(FIRST)} {self.pick(LAST)}"
                rows.append(
                    f"{i + 1}. {person}, phone {self.pick(POOLS['phone'])}, e-mail {self.email(person)}"
                )
            return "\n".join(rows)
        if kind == "note":
            return f"Patient: {name}. {joined} The patient came to the clinic with {problem}. The examination showed nothing unusual. Dr. {doctor} prescribed {drug} and asked the patient to come back in two weeks."
        if kind == "letter":
            return f"Dear {self.pick(['Mr.', 'Ms.'])} {last},\nthank you for your letter. We have now closed the case and ask you to pay the last bill within two weeks. {joined} If you have any questions, please call our office.\nKind regards,\n{other}"
        if kind == "invoice":
            return f"Invoice for {name}, {street}, {town}.\nAdvice and two letters: {self.pick(['240', '320', '450', '180'])} dollars. {joined} Please pay within thirty days. Thank you for your trust."
        if kind == "form":
            return (
                f"Name: {name}\nAddress: {street}, {town}\n"
                + "\n".join(lines)
                + f"\nReason for the visit: {problem}."
            )
        if kind == "mail":
            return f"Dear {other.split()[0]},\nI spoke with {name} this morning about the open file. {joined} Please answer before Friday, so that we can finish the work in time.\nBest wishes,\n{self.pick(FIRST)}"
        if kind == "referral":
            return f"Dear colleague,\nthank you for seeing {name}, who has had {problem} for three weeks. {joined} We gave {drug}, but it did not help. Please let us know what you find.\nKind regards,\nDr. {doctor}"
        if kind == "memo":
            return f"Memo on the case of {name} against the city of {town}. The client says that the accident happened in front of {street}. {joined} A witness, {other}, saw the car and will speak in court. The next hearing is in {self.pick(MONTHS)}."
        return f"{name} lives at {street} in {town} and is a {self.pick(PEOPLE[:8])}. {joined} All of this is made up."

    def give_name(self):
        name = self.name() if self.chance(0.4) else self.name().split()[0]
        if self.chance(0.35):
            name = self.pseudo().capitalize()
        ask = self.pick(
            [
                "my name is @",
                "I am called @",
                "call me @",
                "hi, my name is @",
                "hello, I am @",
                "please call me @",
                "I am @",
                "you can call me @",
                "hey, @ is my name",
                "@ is my name",
                "hello, my name is @",
                "good morning, I am @",
            ]
        )
        text = ask.replace("@", name)
        text = (text[0].upper() + text[1:] if self.chance(0.7) else text) + self.pick(
            [".", "", "!"]
        )
        return (text, f"Hello {name}! How can I help you?"), name

    ASK_NAME = [
        "what is my name",
        "do you know my name",
        "who am I",
        "what am I called",
        "do you remember my name",
        "tell me my name",
        "say my name",
        "can you tell me my name",
    ]
    AGAIN = [
        "repeat that",
        "say that again",
        "again please",
        "once more",
        "can you repeat that",
        "repeat your answer",
        "repeat your last answer",
        "what did you say",
        "say it again",
        "please repeat it",
        "could you say that again",
        "repeat it",
    ]
    SHORTER = [
        "shorten it",
        "make it shorter",
        "now shorten it",
        "shorten that",
        "and now shorter",
        "now make it shorter",
        "can you shorten it",
        "shorter please",
        "now in fewer words",
        "now shorten that sentence",
    ]
    LONGER = [
        "another one",
        "one more",
        "another example",
        "give me another one",
        "more",
        "write another one",
        "again, but different",
        "one more example please",
        "now another example",
    ]

    ASK_LONG = """{tell|write|give} me a {long|very long|really long|longer} @
write a {long|very long|really long|detailed|longer} @
please write a {long|very long|detailed} @
I {want|need|would like} a {long|very long|longer|detailed} @
can you {write|tell me|make up} a {long|very long|really long|detailed} @
make up a {long|very long} @
a {long|very long} @
write a @ {with many sentences|of 500 words|of several pages|of one page|that is very long|as long as you can|with several hundred words}
write a {long|very long|detailed} @ with many sentences
tell me a @, {make it long|a long one|as long as possible}
generate a {long|very long} @
produce a {long|very long} @
write {300|400|500|600|1000} words
write {as much as you can|a lot|something long|something very long|a lot of text}""".split(
        "\n"
    )

    def long(self):
        story = self.pick(stories.STORIES)
        ask = self.expand(self.pick(self.ASK_LONG))
        if "@" not in ask:
            story = stories.STORIES[2]
        ask = self.speak(
            ask.replace("@", self.expand(self.pick(story["names"]))), decorate=self.chance(0.4)
        )
        name, other = (
            f"{self.pick(FIRST)} {self.pick(LAST)}",
            f"{self.pick(FIRST)} {self.pick(LAST)}",
        )
        fill = {
            "NAME": name,
            "FIRST": name.split()[0],
            "LAST": name.split()[1],
            "OTHER": other,
            "OLAST": other.split()[1],
            "TOWN": self.pick(TOWNS),
            "SSN": self.pick(POOLS["ssn"]),
            "MRN": self.pick(POOLS["mrn"]),
            "PHONE": self.pick(POOLS["phone"]),
            "IBAN": self.pick(POOLS["iban"]),
            "EMAIL": self.email(name),
        }
        text = "\n\n".join(
            self.expand(" ".join(p.split())) for p in story["text"].strip().split("\n\n")
        )
        return ask, re.sub(r"\$([A-Z]+)", lambda m: fill[m[1]], text)

    SYSTEM = [
        "You are a helpful assistant.",
        "You are a careful assistant for clinicians.",
        "Answer briefly.",
        "You are the small built-in demo model of Subrosa.",
        "You help lawyers with their work.",
        "Be polite and short.",
        "Identifiers may be masked.",
    ]

    # ---- whole conversations

    def turn(self, state):
        """One or more exchanges. `state` carries what later turns may refer to."""
        r = self.rng.random()
        if r < self.copying:
            ask, say = self.repeat()
            state["long"] = None
            return [(ask, say)]
        r = (r - self.copying) / (1 - self.copying)
        if r < 0.50:
            return [self.question(self.pick(self.intents))]
        if r < 0.56:
            return [self.unknown()]
        if r < 0.65:
            return [
                self.question(self.pick(["hello", "hello", "how", "thanks", "bye", "who", "can"]))
            ]
        if r < 0.76:
            return [self.shorten()]
        if r < 0.93:
            turns = [self.example()]
            if self.chance(0.12):
                turns.append(
                    (self.speak(self.pick(self.LONGER), decorate=False), self.example()[1])
                )
            return turns
        if r < 0.95:
            long, short = self.sentence()
            ask = self.pick(self.REPEAT[:20])
            return [
                (ask.replace("@", long), long),
                (self.speak(self.pick(self.SHORTER), False), short),
            ]
        if r < 0.965:
            if state.get("last"):
                return [(self.speak(self.pick(self.AGAIN), False), state["last"])]
            return [self.question("can")]
        exchange, name = self.give_name()
        if self.chance(0.3) and not state.get("name"):
            return [
                (self.speak(self.pick(self.ASK_NAME), False), "You have not told me your name.")
            ]
        state["name"] = name
        turns = [exchange]
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            turns.append(self.question(self.pick(self.intents)))
        turns.append((self.speak(self.pick(self.ASK_NAME), False), f"Your name is {name}."))
        return turns

    def conversation(self):
        """(system prompt or None, [(user, assistant), ...])"""
        r = self.rng.random()
        turns, state = [], {}
        wanted = 1 if r < 0.4 else self.rng.choice([2, 2, 3, 3, 4, 5])
        if self.chance(0.002):
            wanted = self.rng.randint(25, 45)  # a few that fill the whole context
        while len(turns) < wanted:
            if self.chance(0.02):
                turns.append(self.long())
            else:
                turns += self.turn(state)
            turns = [t for t in turns if normal(t[0]) not in self.held_out]
            state["last"] = turns[-1][1] if turns and len(turns[-1][1]) < 300 else None
        system = None
        if self.chance(0.3):
            system = self.pick(self.SYSTEM) if self.chance(0.7) else self.sentence()[0]
        return system, turns


def normal(text):
    """Two phrasings that differ in case, punctuation or spaces only are the same."""
    return " ".join(re.findall(r"\w+", text.lower()))


def render(system, turns):
    """The chat template, as text; must equal the Jinja template in export.py."""
    text = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
    for user, assistant in turns:
        text += (
            f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n{assistant}<|im_end|>\n"
        )
    return text


def evaluation():
    with open(HERE / "eval" / "questions.jsonl") as f:
        return [json.loads(line) for line in f]


def held_out():
    return frozenset(normal(t) for q in evaluation() for t in q["turns"])


def phrasings(text):
    """Every expansion of a phrasing."""
    found = re.search(r"\{([^{}]*)\}", text)
    if not found:
        return {text}
    out = set()
    for option in found[1].split("|"):
        out |= phrasings(text[: found.start()] + option + text[found.end() :])
    return out


def check():
    """No question of the evaluation is a phrasing of the grammar; the stream also skips them."""
    wanted, bad = held_out(), set()
    for answer, said, do, what in faq.FAQ.values():
        all_said = [s for line in said.split("\n") for s in phrasings(line)]
        all_said += [
            f.replace("@", d)
            for h in faq.HOW
            for f in phrasings(h)
            for v in do
            for d in phrasings(v)
        ]
        all_said += [f.replace("@", w) for h in faq.WHAT for f in phrasings(h) for w in what]
        bad |= {s for s in map(normal, all_said) if s in wanted}
    stream = Corpus(1)
    for _ in range(20000):
        bad |= {t for t, _ in ((normal(t), 0) for t, _ in stream.conversation()[1]) if t in wanted}
    if bad:
        sys.exit("in the training data and in the evaluation: " + "; ".join(sorted(bad)))
    print(f"{len(wanted)} evaluation turns, none in the training data")


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        check()
    else:
        stream = Corpus(int(sys.argv[1]) if sys.argv[1:] else 1)
        for _ in range(12):
            print(render(*stream.conversation()))
