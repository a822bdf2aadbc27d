"""What the demo model is taught about Subrosa: one answer per intent, many ways to ask.

Syntax of a phrasing: {a|b|} picks one, innermost first. An entry may also give verb phrases
("do", put into HOW) and noun phrases ("what", put into WHAT).
"""

HOW = """how do I @
how can I @
how to @
how do you @
how does one @
how would I @
how am I supposed to @
what do I do to @
what do I press to @
what should I press to @
which {key|keys|button|shortcut} {do I use|do I press|is there|lets me|is used|can I use} to @
what is the {shortcut|key|command|hotkey|keyboard shortcut|best way|quickest way|fastest way|right way|way} to @
is there a {way|key|shortcut|button} to @
is it possible to @
can I @
I {want|need|would like|have|wish|am trying} to @
I {want|need|would like} to @, how {do I do that|does that work|}
I do not know how to @
I cannot find {out |}how to @
{please |}{tell|show} me how {to|I can} @
{can|could} you {tell|show} me how {to|I can} @
{can|could} you {explain|describe} how to @
do you know how to @
where {do|can} I @
where do I {click|go|look} to @
help me @
help me to @
{let me|let us} @
what is needed to @
what must I do {in order |}to @
@
@, how
teach me to @
remind me how to @
explain how to @
any idea how to @
any way to @""".split(
    "\n"
)

WHAT = """what is @
what is @ for
what is @ good for
what's @
what exactly is @
what are you calling @
what does @ {do|mean|show}
what {is meant|do you mean} by @
explain @
{can|could} you explain @
explain @ to me
{can|could} you {please |}tell me what @ is
tell me {about|more about} @
tell me what @ is
describe @
define @
@
I do not understand @
I do not know what @ is
what about @
how does @ work
what can you tell me about @
what is the {purpose|meaning|idea|point} of @
why is there @
why do I need @
I see @, what is it
somebody mentioned @, what is that
give me {a short explanation|details|some information} {of|on|about} @
information about @""".split(
    "\n"
)

BEFORE = """hi,
hello,
hey,
please,
quick question:
sorry,
one question:
question:
so
ok,
okay
and
well,
now,
next question:
another question:
also,
excuse me,
Subrosa,
just wondering,
I am new here,
I was wondering,
my colleague asks:
dear model,
good morning,
one more thing:
thanks,
I forgot:
hm,
tell me,
could you tell me:
I have a question:
yes,
no,
first,
by the way,""".split(
    "\n"
)

AFTER = [
    "please",
    "thanks",
    "thank you",
    "here",
    "in Subrosa",
    "in this app",
    "in this program",
    "in this window",
    "in the app",
    "with Subrosa",
    "exactly",
    "again",
    "now",
    "today",
    "if you know",
    "by the way",
    "quickly",
    "at all",
    "really",
    "right now",
    "then",
    "anyway",
]

SUB = "{Subrosa|this app|this program|the app|this tool|this software|the program}"
CHAT = "{conversation|chat|thread|session|discussion|dialogue}"

# intent: answer, phrasings, verb phrases, noun phrases
FAQ = {
    "about": (
        "Subrosa is a desktop app for chatting with a language model that runs on this computer. Your conversations are encrypted and nothing leaves the machine.",
        f"""what is Subrosa
what is this {{app|program|tool|software|window|thing}}
what {{does|can}} {SUB} do
what am I {{looking at|using}}
what is {SUB} {{for|about|used for|good for}}
why should I use {SUB}
{{who|for whom}} is {SUB} made for
explain {SUB}
tell me {{something |more |}}about {SUB}
{{describe|introduce}} {SUB}
what kind of {{app|program|software|tool}} is {{this|Subrosa|it}}
what does the name Subrosa stand for
give me an overview of {SUB}
{{summarise|sum up}} {SUB} for me
what do people use {SUB} for
what is the purpose of {SUB}
Subrosa
what is Subrosa in one sentence""",
        [],
        ["Subrosa", "this application", "this desktop app"],
    ),
    "network": (
        "Nothing leaves this computer: Subrosa has no network access, and the model runs locally.",
        """{does|will|can|could} {Subrosa|this app|it|the app|this program|the model} {send|upload|transmit|leak|share|submit|forward|report} {my data|anything|my text|my chats|data|information|what I type|my messages|patient data|client data|my questions} {to the internet|to the cloud|to a server|over the network|online|to anyone|to somebody|anywhere|to a company|to OpenAI|outside|home|}
is {my data|anything|my text|my chat|what I type|patient data|client data|information} {sent|uploaded|transmitted|shared|leaked|forwarded|copied} {to the internet|to the cloud|to a server|over the network|anywhere|to anyone|elsewhere|outside|to other people|to third parties|}
{does|do} {my data|anything|my text|my words|my chats|the data|patient data|information} {leave|go out of|get out of|stay on|remain on} {this computer|the computer|the machine|this machine|my workstation|this PC|the building|our office}
{does|can|will} {Subrosa|this app|it|the model} {use|connect to|talk to|access|go to|reach|contact} {the internet|the network|the cloud|a server|the web|a network|other computers|any website}
is {Subrosa|this|it|the app} {connected to|using|on} {the internet|the cloud|a network|the web|a server}
{where|to whom} {does|is} my data {go|sent}
is {my data|it|the chat|this} {private|local|confidential|safe from the internet}
does it {phone home|call home|collect telemetry|track me|spy on me}
is {this|everything} {running|processed|computed|handled} locally
is there {any |a |}{telemetry|tracking|network access|internet connection|cloud service|data collection}
{are|is} {there |}a cloud involved
what leaves {this|my|the} {computer|machine}
{can|could} {anybody|someone|hackers} {on the internet|outside} see {my data|this|what I write}
is {anything|something|what I write|my question|my note|a copy} {going|passed|given|transferred|delivered|handed} {to|on to} {a company|the cloud|another computer|somebody else|a provider|a server}
do you {send|upload|share|store} {my data|anything|this} {online|in the cloud|on the internet|to someone|to a server}
are you {online|connected to the internet|in the cloud}
{do you|does the app} have {internet access|network access|access to the internet|a connection to the internet|web access}
do {third parties|other companies|advertisers} {get|receive|see} my data""",
        [],
        ["the network access", "telemetry"],
    ),
    "offline": (
        "Yes. Subrosa works fully offline and never needs a network connection.",
        f"""{{can|may}} I {{use|run|start}} {{it|{SUB}}} {{offline|without internet|without a network|without the internet|without wifi|without a connection|on a plane|with the cable unplugged|on an air-gapped computer}}
does {{it|{SUB}}} {{work|run|function}} {{offline|without internet|without a network|without wifi|without a connection|on a plane|with no internet|when the network is down|on an air-gapped machine|if I unplug the cable}}
do I need {{internet|a network|wifi|an internet connection|a connection|to be online}} {{for this|to use {SUB}|}}
{{will|would}} {{it|{SUB}}} {{work|still work|run}} {{offline|without internet|without a network|on a train|in flight mode|if the internet is down|when I am not connected}}
is {{internet|a network|an internet connection|wifi|a connection}} {{needed|required|necessary}}
is {{it|{SUB}}} {{usable|available}} {{offline|without internet|without a network}}
what if {{there is no internet|I have no network|the network is down|wifi is off|I am offline|the connection is lost}}
offline use
does it need {{the internet|a network|wifi|a connection}}
can it be used {{offline|without internet}}
I have no {{internet|network|wifi|connection}}, {{does it still work|is that a problem|can I use it}}""",
        [],
        ["offline mode"],
    ),
    "send": (
        "Press Enter to send your message.",
        """what does {the |}Enter {key |}do
how do messages get sent
which key sends {a|the|my} message
my message is {typed|written|ready}, what now
I typed my {question|message|text}, what {now|next}
how do I get my {text|question} to the model""",
        [
            "send {a|my|the|this} {message|question|text|prompt|request}",
            "submit {a|my|the} {message|question|text|prompt|request}",
            "post a message",
            "send something",
            "send it",
            "send what I {wrote|typed}",
            "ask {you |}a question",
            "fire off a message",
            "deliver {my|a} {message|prompt}",
        ],
        ["the Send button", "the Enter key"],
    ),
    "newline": (
        "Press Shift+Enter for a new line.",
        """what does Shift+Enter do
Enter sends my message but I want {a new line|another line|a line break}
how do I write {several|two|more|multiple} lines
when I press Enter it sends, how do I get {a new line|a second line}
which key {makes|gives|inserts|adds|starts} a {new line|line break}""",
        [
            "{add|insert|make|get|type|enter|start|write|have|put in} a {new line|line break|second line|newline|blank line|new paragraph|paragraph}",
            "{write|type|enter} {several|multiple|two|more} lines",
            "break {the|a} line",
            "go to the next line",
            "write on the next line",
            "start a new line without sending",
            "write a {multi-line|multiline} {message|prompt}",
            "{add|type} {another|a} {line|paragraph} without sending",
            "write a list in my message",
        ],
        ["Shift+Enter"],
    ),
    "stop": (
        "Press Esc or click the Stop button. The text written so far is kept.",
        """what does {the |}{Esc|Escape} {key |}do
what does the Stop button do
{it|the model|the answer|the text} {keeps going|runs on|gets too long}, {how do I end it|what can I press|how can I stop that}
how do I {halt|end|stop|cancel|break off} {you|the model|a reply|the writing} {while it writes|in the middle|before it is done|half way}
where do I click {to|so that} {end the answer|it stops|the writing stops}
keep it from {writing more|going on}
how do I make you {stop|shut up|be quiet|quit}
{the model|it|the answer} {writes|talks|goes on|is} too {long|much}
{it|the model|the answer} does not stop
it will not stop {writing|talking}
which key {stops|cancels|ends|interrupts} {the answer|it|the model|an answer}
{the answer is too long|you write too much}, how do I end it
make it stop""",
        [
            "{stop|cancel|interrupt|abort|halt|end|break off|cut off|kill} {the answer|an answer|you|the model|the generation|the reply|the output|the response|generating|writing|a running answer|it|text generation|a reply}",
            "make {you|it|the model} stop {writing|talking|}",
            "stop {the model|you|it} from {writing|talking|going on}",
            "shut you up",
            "stop it {in the middle|half way|early}",
            "stop a long answer",
        ],
        ["the Stop button", "Esc"],
    ),
    "new": (
        "Press Ctrl+N to start a new conversation.",
        f"""what does Ctrl+N do
{{new|fresh|another}} {CHAT}
I want a {{new|fresh|clean|blank|second}} {CHAT}
which key {{opens|starts|creates|makes|begins}} a {{new|fresh}} {CHAT}""",
        [
            f"{{start|begin|open|create|make|get|have}} {{a new|another|a fresh|a second|a blank|an empty|a clean|a different}} {CHAT}",
            "start {over|again|afresh|from scratch}",
            "begin again {with an empty window|}",
            "talk about something {else|new}",
            "change the {topic|subject} in a {new|fresh} chat",
            "begin {from scratch|anew}",
        ],
        ["Ctrl+N"],
    ),
    "lock": (
        "Press Ctrl+L or click the Lock button.",
        f"""what does Ctrl+L do
what does the Lock button do
which key locks {SUB}
I am {{leaving|going away from|stepping away from}} my desk
I {{have to leave|am leaving|must go away}} for a moment, how do I {{protect|secure|lock}} {SUB}""",
        [
            f"lock {{{SUB}|it|the screen|the window|my chats|the session|everything|up|my conversations|my history|the vault|}}",
            f"{{secure|protect|close off}} {{{SUB}|the window|the session|it}} {{when I leave|when I go away|before lunch|for a break|while I am away}}",
            "log out",
            "sign out",
            "lock up before I leave",
            "keep others out while I am away",
        ],
        ["the Lock button", "Ctrl+L"],
    ),
    "onlock": (
        "When Subrosa locks, the keys are wiped from memory and your passphrase is asked for again.",
        f"""what happens {{when|if|after|once}} {{I lock|{SUB} locks|it locks|it is locked|the app is locked|I press lock|I lock the screen|I click Lock}} {{it|{SUB}|}}
what does {{locking|a lock|the lock}} do
what does locking {{change|mean|wipe|erase|remove}}
{{after locking|when it is locked|when locked}}, {{what happens|what then|what happens to my data|can someone read it|is my data safe}}
{{are|is|do}} {{the keys|my keys|the key}} {{wiped|erased|deleted|removed|cleared|kept|stay in memory}} {{when|after|if}} {{I lock|it locks|locking|Subrosa locks|the app locks}}
is {{my data|my chat|it|everything}} safe {{when|while}} {{it is|the app is|Subrosa is}} locked
why does it ask for my passphrase {{again|after locking}}
do I need my passphrase {{after|when}} {{locking|unlocking|it was locked}}
how do I unlock {{it|{SUB}|}}
what do I need to unlock {{it|{SUB}|}}
what {{follows|comes|is next}} {{after the lock|when {SUB} locks itself|when I have locked it}}
{{does|will}} {{a lock|locking}} {{delete|remove|erase|wipe}} {{the keys|the keys in memory|something}}
{{are|will}} the keys {{be |}}{{gone|still there|still in memory}} {{when I lock|after I lock it|once it is locked}}
what is wiped {{on|by|after}} {{lock|locking|a lock}}
what is the effect of {{locking|a lock|the lock}}
unlock""",
        ["unlock {it|Subrosa|the app|my chats|the window}", "get back in after locking"],
        ["locking", "the lock", "unlocking"],
    ),
    "forgot": (
        "If you forgot your passphrase, IT can recover your data with its recovery key, if one was set up. Without it nobody can open your history.",
        """I {forgot|lost|have forgotten|have lost|do not remember|cannot remember|no longer know|do not know} my {passphrase|password|pass phrase|secret|login}
what {if|happens if|when|should I do if|can I do if|do I do if} I {forget|lose|forgot|have forgotten|cannot remember|do not remember|lost} my {passphrase|password}
{forgot|lost|forgotten} {passphrase|password}
my {passphrase|password} is {gone|lost|forgotten|not accepted|not working}
{can|could} {IT|the admin|someone|an administrator|somebody|you} {recover|reset|restore|get back|find} my {passphrase|password|data|chats}
is there a {recovery|recovery key|way back|password reset|backdoor}
I am locked out
I cannot {log in|get in|unlock|sign in} any more
what is the recovery key for
the passphrase slipped my mind
who can help {me |}{with|when I lost} {a|my} {lost |forgotten |}{passphrase|password}""",
        [
            "{recover|reset|restore|get back|retrieve|replace} {my|a|a lost|a forgotten|the} {passphrase|password}",
            "get my chats back without {the|my} {passphrase|password}",
        ],
        ["the recovery key", "recovery", "the recovery slot"],
    ),
    "where": (
        "Your conversations are kept in an encrypted history on this computer, and nowhere else.",
        """where {are|is} {my|the|our|old|past|earlier} {chats|conversations|history|messages|data|chat history|chat log|discussions} {kept|stored|saved|held|located|written|put|}
where does {Subrosa|this app|it|the app} {keep|store|save|put|write|hold} {my chats|my conversations|the history|my data|my messages|everything|things|old chats}
{are|is} {my chats|my conversations|my messages|the history|my data} {saved|stored|kept|remembered}
in which {folder|place|file|location} {are|is} {my chats|the conversations|the history|my data}
{does|will} {Subrosa|it|this app} {save|keep|store|remember} my {chats|conversations|messages|history}
what happens to my {chats|conversations|old chats|messages} {when I close the window|after I quit|at the end|later|}
on which disk {is the history|are my chats}
where do old {chats|conversations|messages} {go|end up|live}
storage location of {my chats|the history}""",
        [],
        ["the history", "my history", "chat history"],
    ),
    "encrypted": (
        "Yes. The history is encrypted on disk in the SQLCipher format.",
        """{is|are} {my|the} {history|chats|conversations|messages|data|chat history|database|old chats|stored chats|saved conversations} {encrypted|protected|scrambled|enciphered|stored encrypted|safe on disk|unreadable on disk|ciphered|in plain text|stored in plaintext}
how {is|are} {my|the} {history|chats|conversations|messages|database|data} {encrypted|protected|secured}
{what|which} {encryption|cipher|format|encryption format|database format|file format} {do you use|does Subrosa use|is used|protects my chats|does the history use|does the history have}
does {Subrosa|it|this app|the app} encrypt {my chats|my conversations|the history|my data|everything|the database|messages}
is there {any |}encryption
is {anything|something} {written|stored|saved} {unencrypted|in plain text|in the clear}
{is it|are they} {encrypted|encrypted on disk|stored encrypted}
what is SQLCipher
do you use {SQLCipher|encryption}
encryption
encrypted history
is the {disk|file|database file} encrypted
if someone steals {this computer|the disk|my laptop}, can they read my chats""",
        [],
        ["the encryption", "SQLCipher", "encryption of the history"],
    ),
    "record": (
        "The record is a tamper-evident log of every prompt and answer. Compliance can take it away on a USB stick.",
        """{is|are|do you|does Subrosa} {what I do|my prompts|everything|prompts and answers|my actions} {logged|recorded|log|record}
{does|do} {Subrosa|you|it|the app|this app} {log|record|keep a log of|keep a record of|monitor} {everything|my prompts|what I do|my actions|my questions|prompts}
is there {an audit|a log|an audit log|an audit trail|a record|a protocol|an activity log}
what is {logged|recorded|written to the record|in the record|on the record|in the audit log}
what gets {logged|recorded}
{who|how} {can|does} compliance {check|see|get|take away|read|audit} the {record|log|audit log|audit trail}
can the {record|log|audit log|audit trail} be {changed|forged|edited|deleted|tampered with|falsified}
can {someone|I|somebody|IT} {change|delete|edit|forge} the {record|log|audit log}
is the {record|log|audit log} tamper-evident
audit
{what|which} {trail|evidence} is kept for {compliance|auditors|an audit}""",
        [
            "{see|check|audit|view} the {audit log|record|log}",
            "give the {record|audit log|log} to compliance",
        ],
        [
            "the record",
            "the audit log",
            "the audit trail",
            "the log",
            "the tamper-evident log",
            "the tamper-evident record",
            "the compliance record",
            "on the record",
            "on record",
        ],
    ),
    "whoread": (
        "Only you can read your chats: it takes your passphrase and the keyring of this computer. IT cannot read them unnoticed.",
        """who can {read|see|open|look at|view|access} {my|our|these|the} {chats|conversations|messages|history|chat|data|texts|notes|prompts}
{can|could|may|does|will} {IT|my boss|the admin|my colleague|anyone|someone else|somebody|other people|other users|my manager|the administrator|another user|my employer|the IT department} {read|see|open|look at|view|access|spy on} {my|these|the} {chats|conversations|messages|history|chat|data|notes}
is {my employer|my boss|our admin|IT|a colleague|my secretary} {able|allowed} to {read|look at|open} {this|my conversations|what we write|my history}
{can|may} {my team|the boss|the partners|the IT people|my supervisor} {look into|check|inspect|read} {this chat|what I write|what I say here|my questions}
who has access to {my chats|my conversations|my data|this|my history|my messages}
{is|are} {my chats|my chat|this conversation|this chat|my conversations} {private|confidential|visible to others|secret|visible to IT|readable by others}
who else {can|could} {read|see} {this|my chats|it|what I write}
does {IT|my boss|anyone} see {this|what I type|my chats|what I write}
am I the only one who can read {this|my chats}
are others able to {read|see} {my chats|this}
who sees {this|what I write|my messages|my conversations}
access to my chats""",
        [],
        ["the keyring", "access to my conversations"],
    ),
    "import": (
        "Run subrosactl model import FILE.gguf to import a real model.",
        """I {have|got|received} a {better|bigger|good|proper} model {on a disk|on a stick|in a file|in my downloads|from IT}, {how do I use it|what now|how do I load it|how can Subrosa use it}
I want a {better|larger|bigger|real|smarter|stronger|different|more capable} model
where {do I|can I} get a {better|larger|bigger|real|smarter} model
can I {use|have|get|run} {a different|another|a bigger|a larger|a better|a real|my own|a smarter} model
you are {too small|not smart enough|useless|too stupid}, {can I use another model|how do I get a better model|I need a real model}
which command {imports|adds|loads|installs} a model
{I have|here is|there is} a {GGUF file|gguf|model file}, {what now|how do I use it|what do I do with it}
what does subrosactl model import do
which models {can I use|are supported|work}
{a better|another|a larger} model""",
        [
            "{import|add|install|load|use|get|bring in|set up|put in|switch to} {a real|a|another|a new|a larger|a bigger|a better|a different|my own|a local|a second|the real} {model|language model|LLM}",
            "{import|load|use|add|open} {a|my} {GGUF|GGUF file|gguf file|model file|.gguf}",
            "{replace|change|swap|exchange} {the|this|you|the demo|the built-in} {model|demo model|for a better model}",
            "{import|load} Llama",
            "import a model from a USB stick",
        ],
        ["subrosactl model import", "importing a model", "the import command"],
    ),
    "weights": (
        "Yes. Model weights are stored encrypted with age and are never written to disk in the clear.",
        """{are|is} {the|my|imported|your} {model weights|weights|models|model|model file|model files} {encrypted|protected|stored encrypted|sealed|enciphered|safe|in plain text}
how {are|is} {the|imported} {model weights|weights|models|model|model file} {encrypted|protected|stored|sealed|kept safe}
does {Subrosa|it|the app} encrypt {the|model|imported} {weights|models|model files|model}
{what|which} {encryption|cipher|format} {is used for|protects|do you use for} {the weights|models|model files}
can {someone|somebody} {steal|copy|read} {the|my|our} {model|weights|model file}
what is a sealed model
what is age {encryption|used for|}
is the model stored {in plain text|in the clear|unencrypted}
are weights {decrypted|written} to disk
protection of the {weights|model files}""",
        [],
        ["a sealed model", "age encryption", "encryption of weights", "the weight encryption"],
    ),
    "redaction": (
        "Redaction masks identifiers such as SSN, e-mail, card number and IBAN, before the model sees them and in its answers.",
        """what {does|is} {the |}{redaction|masking} {do|for|mean|hide|cover}
what {is|gets|will be} {masked|redacted|hidden|removed|blacked out|filtered}
{which|what} {identifiers|data|values|things|personal data|numbers} {are|get|will be} {masked|redacted|hidden|filtered|protected}
{does|do} {Subrosa|you|it|the app} {mask|redact|hide|filter|remove|anonymise} {identifiers|SSNs|names|card numbers|personal data|patient data|my data|e-mail addresses|phone numbers|IBANs|anything}
{are|is} {SSNs|card numbers|identifiers|e-mail addresses|IBANs|patient names|personal data|a social security number} {masked|hidden|redacted|removed|protected|seen by the model}
does the model see {my SSN|identifiers|personal data|patient names|card numbers|the real numbers|an IBAN}
what happens {to|with} {an SSN|identifiers|personal data|a card number|an IBAN|an e-mail address|a social security number} {in my text|in my message|that I type|}
how are {identifiers|personal data|patient data} protected
is {personal data|patient data|my text} anonymised
how does {redaction|masking|anonymisation|the filter} work
are your answers {redacted|masked|filtered} {too|as well}""",
        ["{mask|redact|hide|anonymise} {identifiers|an SSN|personal data|names}"],
        [
            "redaction",
            "masking",
            "the redaction",
            "the redaction policy",
            "output redaction",
            "the privacy filter",
            "anonymisation",
        ],
    ),
    "whymasked": (
        "Your text was masked because it looked like an identifier, for example an SSN or an e-mail address. Redaction hides such values from the model.",
        """why {was|is|were|are|has} {my|some|part of my|a part of my} {text|message|words|number|input|prompt|sentence} {masked|hidden|redacted|changed|replaced|blacked out|removed|been masked|been replaced|missing}
why {does|do|did} {it|my message|you|the app|Subrosa|my text} {say|show|write|contain|put} {[SSN]|[EMAIL]|brackets|[NAME]|[PHONE]|[IBAN]|a mask|SSN in brackets}
why {can't|can|do} {I|you} not see {my|the} {number|SSN|e-mail|name} 
what {does|is} {[SSN]|[EMAIL]|[NAME]|[PHONE]|[IBAN]|[CARD]} {mean|}
my {text|message|number|SSN|e-mail address|words} {was|is|got|were} {masked|hidden|replaced|changed|redacted}
why did you {mask|hide|change|replace|redact|remove} {my text|my number|that|this|it|my words|part of my message}
something in my {message|text} {was|is|got} {masked|replaced|hidden|redacted}
where did my {number|SSN|e-mail address|text} go
why are there {chips|brackets|masks|placeholders} in {the answer|my text|my message}
why masked
why is it masked
my {number|text|word} disappeared""",
        [],
        ["the mask in my text", "this placeholder"],
    ),
    "doctor": (
        "No, I am not a doctor or a lawyer. I am a small demo model and cannot give medical or legal advice.",
        """are you {a|my|an|really a|a real} {doctor|lawyer|physician|attorney|nurse|judge|therapist|medical expert|legal expert|solicitor|clinician}
{can|could|may|will|do|would} you {give|offer|provide|write} {me |}{medical|legal|health|clinical|treatment|tax} {advice|help|opinions|recommendations|guidance}
are you {qualified|able|allowed|licensed} to {give advice|diagnose|practise medicine|practise law|give medical advice|give legal advice|treat patients}
can {I|we|patients} {rely on|trust|use} {you|your answers} {for|in} {medical|legal|clinical} {advice|decisions|questions|matters|work}
I need {medical|legal} {advice|help}
can you {diagnose|treat|advise|represent|examine} {me|my patient|a patient|patients|my client|clients}
{do you have|did you go to} {medical training|a law degree|medical school|law school|a licence}
give me {medical|legal} advice
{is this|are your answers} {medical|legal} advice
should I see a {doctor|lawyer}
can you {replace|be} {a|my} {doctor|lawyer}""",
        [],
        ["medical advice", "legal advice"],
    ),
    "advice": (
        "I cannot give medical or legal advice. I am only a small demo model; please ask a professional.",
        """{which|what} {dose|dosage|amount} of {ibuprofen|aspirin|insulin|warfarin|metformin|this drug|penicillin|morphine} {should I give|is right|do I take|is safe|can I take}
what is the {treatment|therapy|cure|best drug} for {diabetes|flu|a cold|cancer|asthma|high blood pressure|a headache|pneumonia}
I {have|am suffering from|feel} {a headache|chest pain|a fever|pain in my back|a cough|sick|ill|stomach pain|dizzy}
my patient has {a fever|chest pain|a rash|diabetes|high blood pressure|pain}, what {should I do|is it|now}
is {this|my} {contract|clause|lease|will} {valid|legal|binding|enforceable}
{can|should} I {sue|fire|evict|divorce} {my neighbour|my landlord|my employer|a tenant|my employee|my wife|my husband|somebody}
{diagnose|treat} {this|my patient|me|these symptoms}
what are the symptoms of {flu|diabetes|a stroke|measles|cancer}
what {does|is} the law {say|} {about|on} {divorce|contracts|theft|inheritance|privacy|tenancy}
should I {take|prescribe|stop taking} {aspirin|antibiotics|insulin|this drug|my pills}
how do I {treat|cure|heal} {a cold|a burn|a wound|the flu|pain}
what is the {penalty|punishment|sentence} for {theft|speeding|fraud|murder}
am I {liable|guilty|pregnant|ill}""",
        [],
        [],
    ),
    "who": (
        "I am the small built-in demo model of Subrosa.",
        """who are you
what are you
who am I {talking|speaking|chatting|writing} {to|with}
{which|what} {model|language model|LLM|AI|assistant} {are you|is this|am I using|do you run|is running|is loaded|am I talking to|answers me}
what is your name
what's your name
{do you have|have you got} a name
{what|how} {are you called|should I call you|do they call you|do I call you}
{introduce|describe} yourself
tell me {about|something about|who} {yourself|you are}
are you {an AI|a robot|a human|a person|a machine|real|a computer|a chatbot|a bot|alive|intelligent}
say who you are
what kind of {model|AI|assistant|thing} are you
is this {a demo|the demo model|the real model|a real model}
who is {there|this|answering|writing}
your name
identify yourself
are you the {demo|built-in|small} model""",
        [],
        ["the built-in model", "the demo model", "the small model"],
    ),
    "chatgpt": (
        "No. I am the small built-in demo model of Subrosa, trained by the project itself.",
        """are you {ChatGPT|GPT|GPT-4|Claude|Gemini|Llama|Mistral|Siri|Alexa|Copilot|Bard|from OpenAI|from Google|from Meta|Qwen|DeepSeek}
is this {ChatGPT|GPT|GPT-4|Claude|Gemini|Llama|Mistral|Copilot|OpenAI}
are you {like|based on|the same as|made from|related to} {ChatGPT|GPT-4|Claude|Gemini|Llama|Mistral|Siri}
do you {use|run on} {ChatGPT|GPT-4|OpenAI|Llama|Claude}
am I talking to {ChatGPT|Claude|Gemini|Siri|Alexa}""",
        [],
        [],
    ),
    "trained": (
        "I was trained from scratch by the Subrosa project, on text that the project generated.",
        """who {made|built|created|trained|wrote|developed|programmed} you
{how|on what|on which data|with what|where} were you {trained|made|built|created|taught}
what {data|text|texts} were you trained {on|with}
{what is|what was} your training data
where do you come from
who is your {maker|creator|author|developer}
were you trained on {my data|patient data|the internet|real data|books|real people}
do you {learn|train} {from|on} {my chats|my data|what I write|me}
what do you know
where did you learn {that|this|to talk}""",
        [],
        ["your training", "your training data"],
    ),
    "can": (
        "I can answer questions about Subrosa, repeat or shorten a sentence, and write examples with made-up data.",
        """what can {you|I ask you to|this model|the demo model} do
what {are you able to|do you|could you} do
what can I {ask|ask you|do with you|do here|use you for|try|say}
what are {your abilities|your skills|you good at|you able to do|you for|you good for|your capabilities|your features}
how can you help {me|}
{can|could} you help {me|us|}
help
{I need|give me} {some |}help
what {do|should} I {ask|type|write|say|do} {here|now|first|}
what {tasks|things|questions} {can you do|do you understand|can you handle|can you answer}
show me what you can do
what {kind of|sorts of} {help|work|tasks} {do you offer|can I get|is possible|can you do for me}
what {could|would} you {help with|do for us|help us with}
in what ways can you help
what are you {used for|made for}
give me {ideas|some ideas|suggestions}
list your {abilities|skills|capabilities}
where do I start
how do I {start|begin|use you}""",
        ["use {you|this model|the demo model}", "get {help|started}"],
        ["your purpose", "your capabilities"],
    ),
    "size": (
        "I am very small: about two million parameters, in a file of about 5 MB.",
        """how {big|large|small|heavy} {are you|is this model|is the model|is the demo model|is the built-in model}
how many {parameters|weights|megabytes|bytes|MB|layers} {do you have|are you|does the model have|has this model}
what {is your size|size are you|is the size of the model|is your parameter count}
are you {big|large|small|a large model|a small model|tiny}
your size
how much {memory|space|disk|RAM} do you {need|use|take}
why are you so {small|tiny|stupid|limited|dumb|bad}
are you a {big|large|small} {model|language model}""",
        [],
        ["your size", "the size of the model", "your parameter count"],
    ),
    "trust": (
        "Do not rely on my answers. I am a small demo model, made to try Subrosa out, not for real work.",
        """can I {trust|rely on|believe|depend on} {you|your answers|what you say|this model|the answers}
are {you|your answers} {reliable|correct|accurate|right|trustworthy|true|always right|always correct}
are you {ever|often|sometimes} {wrong|mistaken}
{will|could} you {get things wrong|be mistaken|tell me something false}
do you {ever |often |}{make errors|make mistakes|get it wrong}
do you {lie|hallucinate|invent things|make things up|know everything}
can you be wrong
how {good|accurate|reliable|clever|smart} are {you|your answers}
can I use {you|this model|the demo model} for {real work|my work|production|patients|clients|real patients|serious work}
is {this|it|that|your answer} {correct|true|right|accurate}
are you {sure|certain|smart|clever|stupid|intelligent enough}
should I {trust|believe} you""",
        [],
        ["your accuracy", "your reliability"],
    ),
    "delete": (
        "Use the Delete button beside the conversation in the sidebar. This cannot be undone.",
        f"""which {{menu|button|entry}} deletes {{a|this}} {CHAT}
can {{a|this}} {CHAT} be {{deleted|removed|erased}}
I {{do not want|no longer need}} this {CHAT} any more
I want this {CHAT} gone""",
        [
            f"{{delete|remove|erase|destroy|discard|throw away|get rid of|clear|wipe|trash}} {{a|this|my|an old|the|the last|one}} {CHAT}",
            "{delete|remove|erase|clear} {my chats|old chats|a chat|chats|conversations|the history|my history|what I wrote}",
        ],
        ["deleting a conversation", "the delete function"],
    ),
    "rename": (
        "Use the Rename button beside the conversation in the sidebar.",
        f"""can {{a|this}} {CHAT} be renamed
can {{a|this}} {CHAT} have {{another|a different|a better}} {{name|title}}
the {{title|name}} of {{this|my|the}} {CHAT} is {{wrong|bad|ugly|not good|too long}}
which {{menu|button}} renames a {CHAT}""",
        [
            f"{{rename|retitle|relabel|name}} {{a|this|my|an old|the}} {CHAT}",
            f"{{change|edit|set|correct|modify|fix}} the {{name|title|heading|label}} of {{a|this|my|the}} {CHAT}",
            f"give {{a|this|my|the}} {CHAT} {{another|a new|a different|a better|a}} {{name|title}}",
        ],
        ["renaming a conversation", "the title of a conversation"],
    ),
    "search": (
        "Press Ctrl+K to search all your conversations.",
        """what does Ctrl+K do
is there a search {function|box|field|bar|}
where is {the |}search
I {am looking for|want to find|lost|cannot find} {an old chat|a conversation|something I wrote|something|a message from last week|an old message}
which key {opens|starts} the search
search""",
        [
            "{search|look through|browse} {my chats|my conversations|the history|all conversations|my history|old messages|everything|}",
            "{find|look up|locate|dig up|retrieve|look for} {something|an old chat|an old conversation|a conversation|a word|text|a message|an earlier message|something I wrote|what I wrote last week|a patient's chat}",
            "search for {a word|a name|text|something|old messages|a phrase}",
        ],
        ["the search", "Ctrl+K", "the search function"],
    ),
    "settings": (
        "Press Ctrl+, to open the settings.",
        """what does Ctrl+, do
where {are|do I find|can I find|is} {the |}{settings|preferences|options|configuration|setup}
which key opens {the |}{settings|preferences|options}
I {cannot find|am looking for|need} the {settings|preferences|options}
settings
preferences""",
        [
            "{open|see|find|get to|show|reach|edit|view|access} the {settings|preferences|options|configuration}",
            "{change|adjust|modify|edit} {the settings|my settings|settings|preferences|an option|a setting|the preferences|the font size|options|the configuration}",
            "{configure|customise|set up} {Subrosa|this app|the app|it}",
        ],
        ["the settings", "Ctrl+,", "the options", "the preferences"],
    ),
    "sidebar": (
        "Press Ctrl+B to show or hide the sidebar.",
        """what does Ctrl+B do
where is {the |my }{sidebar|side bar|list of chats|list of conversations|chat list}
{I lost|I hid|I closed} {the|my} {sidebar|list of chats|side panel}, {how does it come back|where is it|how do I show it again}
{the|my} {sidebar|side bar|list of chats|chat list} {is gone|is missing|disappeared|has vanished|is hidden|is in the way|takes too much space}
which key {hides|shows|opens|toggles} the {sidebar|side bar}
sidebar""",
        [
            "{hide|show|open|close|toggle|see|collapse|get back|bring back|fold|expand|remove} the {sidebar|side bar|list of chats|list of conversations|side panel|left panel|chat list|conversation list}",
            "see {all my chats|my conversations|the list of conversations}",
            "make more room {for the text|on the screen|}",
        ],
        ["the sidebar", "Ctrl+B", "the side panel"],
    ),
    "dark": (
        "Open the settings with Ctrl+, and choose the light, dark or system theme.",
        """{is there|do you have|does Subrosa have|does it have} {a dark mode|dark mode|a dark theme|a night mode|a light mode|themes|a light theme}
{the screen|the window|it|everything} is too {bright|white|dark|light|glaring}
{dark|light|night} {mode|theme}
where is {the |}{dark mode|dark theme|night mode|light mode|theme}
my eyes hurt from the bright {screen|window}
can {the window|it|the app} be {dark|black|darker|light}
I {prefer|like|want} {dark mode|a dark theme|dark colours|a dark window|light colours}""",
        [
            "{turn on|switch on|enable|use|activate|get|set|switch to|change to|have|choose} {the |}{dark mode|dark theme|night mode|light mode|light theme|dark colours}",
            "{change|set|switch|choose|select} the {theme|colours|colour scheme|look|appearance|background|colors}",
            "make {it|the window|the screen|the app|everything} {dark|darker|black|less bright|lighter|light}",
        ],
        ["dark mode", "the dark theme", "the theme"],
    ),
    "export": (
        "Open the menu of the conversation and choose Export. The export is written to a place you choose, and it is put on the record.",
        f"""can {{a|this}} {CHAT} be {{exported|saved as a file|printed}}
is there an export {{function|}}
can I {{get|have}} {{this|a|my}} {CHAT} as {{a PDF|a file|a document|Markdown|a Word file}}
I need {{this|a|my}} {CHAT} {{as a PDF|as a file|on a USB stick|on paper|in Word|in a file}}
export""",
        [
            f"{{export|save|print|download}} {{a|this|my|the|one}} {CHAT}",
            f"{{export|save}} {{a|this|my|the}} {CHAT} {{as a PDF|to a file|as a document|to a USB stick|as Markdown|to disk}}",
            f"{{put|copy|write|move}} {{a|this|my|the}} {CHAT} {{to a file|on a USB stick|on a stick|into a document|out of Subrosa}}",
            f"{{make|create|get}} a {{PDF|file|document|copy}} {{of|from}} {{a|this|my|the}} {CHAT}",
        ],
        ["the export", "exporting", "the export function"],
    ),
    "strip": (
        "The status strip shows that Subrosa is offline, the state of the record, the model, the redaction policy and the lock.",
        """what {does|is} the {status strip|status bar|strip|status line|bar at the bottom|status row} {show|tell me|mean|say|}
what are the {things|icons|symbols|words|fields|signs} in the {status strip|status bar|strip|bar|status line}
what is {that|the} {strip|bar|line} {at the bottom|at the top|down there|there|of the window|with the icons}
where can I see {that it is offline|whether it is offline|the status|which model is loaded|the state of the record}
how do I {read|understand} the {status strip|strip|status bar}
status strip
status""",
        ["see the status", "see which model is loaded", "read the status strip"],
        ["the status strip", "the status bar", "the strip", "the status line"],
    ),
    "matter": (
        "A matter is a folder for one patient or one case. It keeps the conversations that belong together.",
        """what is a {matter|case folder|patient folder}
what are matters
{can|how do} I {group|sort|order|organise|file|bundle} {my |}{chats|conversations} {by patient|by case|by client|together|in folders|}
are there folders {for chats|for conversations|for patients|for cases|}
what does matter mean
{what is|when do I use} a matter for
how do I keep {patients|cases|clients} apart
is a matter a {patient|case|folder|client}
matters
which matter {does this belong to|should I choose}""",
        [
            "{create|make|open|use|add|set up} a {new |}{matter|folder|patient folder|case folder}",
            "{group|sort|organise|keep together} {the |my |}{chats|conversations} {of one patient|of a case|of a client|by case}",
            "put {a|this} {chat|conversation} into a {matter|folder}",
        ],
        ["a matter", "matters", "the matter", "the list of matters"],
    ),
    "gpu": (
        "Subrosa can use a graphics card if there is one; otherwise the model runs on the processor.",
        """{does|can|will} {Subrosa|it|this app|the app|the model} {use|need|support|run on|work with|require} {a GPU|the GPU|my GPU|a graphics card|my graphics card|Nvidia|CUDA|Vulkan|an AMD card|a video card}
do I need {a GPU|a graphics card|special hardware|a fast computer|a video card}
is {a GPU|a graphics card|special hardware|a video card|Nvidia hardware} {needed|required|used|supported|necessary}
{can|does} it run {on the CPU|without a GPU|on the processor|without a graphics card|on my laptop}
what {hardware|computer} {do I need|is needed|does it need|is required}
is the GPU {used|active|on|in use}
GPU
what if I have no {GPU|graphics card}
how {can I make it|do I make it|can it be} faster
why is {it|the model|the answer} so slow
it is {slow|too slow}
which {device|processor} {does it|does the model} {use|run on}""",
        [
            "{use|enable|turn on|activate} {the GPU|my graphics card|a graphics card|GPU support}",
            "run {it|the model} on {the GPU|my graphics card}",
        ],
        ["the GPU", "GPU support", "the graphics card"],
    ),
    "fails": (
        "Send your message again: the engine restarts by itself. The part of the answer that was written is kept.",
        """the {model|engine|AI|answer} {crashed|failed|died|stopped working|broke|hangs|is stuck|has crashed|does not answer|does not respond|gives an error|has stopped}
what {if|happens if|happens when|do I do if|should I do if|can I do when|to do when} {the model|the engine|it|the answer|something} {crashes|fails|dies|breaks|stops working|does not answer|does not respond|gets stuck|goes wrong|hangs}
{I get|there is|I see|it shows|I got} an error {message|}
it {crashed|failed|does not work|is broken|is not working|stopped working|is stuck|hangs|gives an error}
no answer {comes|came|appears|arrives}
I {get|got|see|receive} no answer
there was {a crash|an error|a failure|a problem}
{do I have to|must I|should I|how do I} restart {the app|Subrosa|the engine|the model|the computer} {after a crash|after an error|}
something {is|went} wrong
the {model|engine|program} {looks|is|appears} {dead|frozen|broken|to be stuck|not to work}, {what now|what can I do|help}
the last answer {failed|broke off|was cut off|is incomplete|ended in an error}
engine {error|failure|crash}
{error|crash}""",
        ["restart the {engine|model}", "recover from {a crash|an error|a failure}"],
        ["the engine", "an engine error", "a crash of the model"],
    ),
    "copyanswer": (
        "Press Ctrl+Shift+C to copy the last answer.",
        """what does Ctrl+Shift+C do
which key copies the {last |}answer
can {the answer|an answer} be copied
I want {the answer|your answer|this text} in {another program|Word|my letter|an e-mail}""",
        [
            "copy {the last answer|an answer|the answer|your answer|a message|the text|your reply|what you wrote}",
            "{get|put|take|paste} {the|your} {answer|text|reply} {into another program|into Word|into a letter|to the clipboard|into an e-mail}",
        ],
        ["Ctrl+Shift+C", "the Copy button"],
    ),
    "recall": (
        "Press the Up key in an empty message to bring back your last message.",
        """what does the {Up|up arrow} key do
can I {change|edit|correct} {my last message|what I sent|a sent message}
I made a {mistake|typo} in my {message|question|last message}
there is a {mistake|typo} in what I sent
which key brings back my last {message|question}""",
        [
            "{edit|change|correct|fix|bring back|get back|repeat|recall|reuse|resend} my {last|previous} {message|question|prompt}",
            "{edit|change|correct|fix} {what I sent|a sent message|a message that I have sent|what I just asked}",
        ],
        ["the Up key", "the up arrow"],
    ),
    "keys": (
        "Ctrl+N new conversation, Ctrl+K search, Ctrl+, settings, Ctrl+B sidebar, Ctrl+L lock, Enter sends, Esc stops.",
        """{what|which} {keyboard shortcuts|shortcuts|hotkeys|keys|key bindings|key combinations} {are there|exist|do you have|can I use|does Subrosa have|should I know|work here}
{list|show|name|show me|give me|tell me} {all|the|all the|some} {keyboard shortcuts|shortcuts|hotkeys|keys}
is there a list of {shortcuts|keys|keyboard shortcuts}
{keyboard shortcuts|shortcuts|hotkeys|key bindings}
can I use the keyboard {only|instead of the mouse|}
how do I work without {a|the} mouse
{are there|do you have} {any |}{shortcuts|keyboard shortcuts|hotkeys}""",
        ["use the keyboard", "work with the keyboard", "see all shortcuts"],
        ["the keyboard shortcuts", "the list of shortcuts"],
    ),
    "memory": (
        "I only see this conversation. I do not remember other conversations.",
        """{do|can|will} you {remember|recall|know|see} {me|our last chat|other chats|my other conversations|what I said yesterday|earlier conversations|what we talked about last time|previous chats|old conversations|last week}
do you have {a memory|memory|any memory}
will you remember {this|me|that|what I said} {tomorrow|later|next time|in the next chat|}
what do you {remember|know about me}
how far back do you remember
{do|can} you {still |}{know|recall|remember} {our talk|the chat|what I told you|what I wrote|my question} {from|of} {yesterday|last month|Monday|this morning}
{are|were} {my other|the other|earlier|older} {chats|conversations|talks} {known to you|in your memory|visible to you}
do you have access to what I {said|told you|wrote} {elsewhere|in other chats|before}
can you {see|read|look into} my other {chats|conversations}
do you forget {everything|things|what I said}""",
        [],
        ["your memory"],
    ),
    "language": (
        "I only understand English.",
        """{do|can} you {speak|understand|write|know|read|talk} {German|French|Spanish|Italian|Polish|other languages|Dutch|Latin|another language|Chinese|Russian|Turkish}
{which|what|how many} languages do you {speak|know|understand}
{can|could} you translate {this|a text|something|for me|to German|into French}
do you speak English
can we {speak|talk|chat} in {German|French|Spanish|another language}
hablas espanol
sprichst du Deutsch
parlez-vous francais
translate {this|it} {to|into} {German|French|Spanish|Italian}
answer in {German|French|Spanish}""",
        [],
        ["your language"],
    ),
    "verify": (
        "Run subrosa-verify on the exported record: it checks the record without any keys.",
        """what {is|does} subrosa-verify {do|for|}
is there a {tool|program|command} to {verify|check} {the record|an exported record|the audit log}
which {program|tool|command} {checks|verifies} {the record|an export|the audit log|an audit bundle}
how can {an auditor|compliance|somebody} {verify|check|prove} {the record|the audit log|that nothing was changed}""",
        [
            "{verify|check|validate|prove} {the|an exported} {record|audit log|audit bundle|log export}"
        ],
        ["subrosa-verify"],
    ),
    "how": (
        "I am fine, thank you. How can I help you?",
        """how are you {doing|today|}
how {is it going|do you feel|are things|do you do|was your day|is life|goes it}
are you {well|ok|fine|happy|all right|good}
how have you been
how's it going
what's up
what is up
everything {ok|fine|all right|good}
you ok""",
        [],
        [],
    ),
    "hello": (
        "Hello! I am the small built-in demo model. How can I help you?",
        """hello
hi
hey
hello {there|again|Subrosa|model|you|friend|everyone|my friend|computer|little one|little machine|small model|demo}
hi {there|again|Subrosa|model|you|friend|everybody|little model|demo|assistant|you there}
hey there {model|friend|little model}
hey {there|you|Subrosa}
good {morning|afternoon|evening|day}
{a |a very |}good {morning|afternoon|evening|day} {Subrosa|to you all|model|everybody|to everyone|little model}
greetings
hello hello
howdy
hallo
welcome
nice to {meet|see} you
{anyone|anybody|somebody} {there|here|home}
are you {there|here|ready|awake|listening|working}
can you hear me
{hello|hi}, {I am new here|I am here|it is me|I am back|nice to meet you|this is my first time}
test
testing
this is a test
let us {start|begin|go|talk}
I am back
yo
is {this|it} {on|working}""",
        [],
        [],
    ),
    "thanks": (
        "You are welcome!",
        """thanks
thank you
{thanks|thank you}, {that helps|this helps me|that helped me|you were very helpful|you are helpful|it works now|that did it|you are kind|I needed that|that was useful}
you {helped|have helped} me {|very much|today|with that}
{thanks|thank you} {a lot|so much|very much|for your help|for the answer|for that|for everything|for helping|for the explanation|again|kindly|model|Subrosa|my friend}
many thanks
{great|perfect|good|wonderful|excellent|ok|okay|nice|super|cool|very good|got it|fine}, {thanks|thank you}
that {was|is} {helpful|great|very helpful|what I needed|good|useful|kind|all I wanted to know}
{that|this|it} helped {a lot|me|}
{great|perfect|well done|good job|nice work|nice|good answer|excellent|very good|wonderful|good work|good}
much appreciated
I {appreciate|am grateful for} {it|your help|that}
cheers
ok
okay
got it
I see
I understand
understood
all right""",
        [],
        [],
    ),
    "bye": (
        "Goodbye! Lock Subrosa with Ctrl+L when you leave.",
        """bye
goodbye
good bye
bye bye
{bye|goodbye} {for now|then|Subrosa|model|and thanks|my friend|now}
{bye, |goodbye, |ok, |}see you {later|soon|tomorrow|next week|again|around|on Friday|on Tuesday|in March|next time|}
{enough|finished|that was it} for {today|now}, {bye|see you}
good night
{I am|I'm} {leaving|done|finished|off|done for today|going home} {now|}
that is all {for today|for now|}
{have a nice|have a good} {day|evening|weekend|night|one}
I {have to|must|need to} {go|leave|stop} now
talk to you {later|soon|tomorrow}
farewell
until {tomorrow|next time|later}
take care
so long""",
        [],
        [],
    ),
}

UNKNOWN = "I do not know that: I am only a small demo model. For real work, import a larger model."

TOPICS = """the capital of France|the weather|the weather tomorrow|the moon|a rainbow|photosynthesis|the French Revolution|football|the stock market|a black hole|the price of gold|cooking rice|a good restaurant|the population of Japan|the speed of light|Shakespeare|the president|music|chess|Python|gravity|my horoscope|bread|the pyramids|Napoleon|the age of the universe|dinosaurs|climate change|a haiku|coffee|the tallest mountain|the best film|the meaning of life|a train to Berlin|my dog|the square root of two|the time|the date|wine|tea|bicycles|the sea|elephants|volcanoes|ancient Rome|a poem about spring|cats|jazz|guitars|taxes|the news|the election|the Olympic games|cheese|airplanes|quantum physics|a recipe for soup|the ocean|history|geography|mathematics|Einstein|Mozart|Africa|Canada|the Nile|robots|Mars|the sun|stars|birds|fish|horses|trees|flowers|shoes|fashion|the lottery|love|happiness|friendship|dreams|sleep|sports|tennis|golf|swimming|cars|ships|bridges|castles|kings|queens|money|banks|Bitcoin|a joke|a riddle|a song|paint|clocks|magnets|batteries|the wind|snow|ice|rivers|deserts|forests|mushrooms|apples|potatoes|chocolate|sugar|salt|eggs|beer|the piano|a violin|dance|theatre|the cinema|books|libraries|schools|teachers|children|grandmothers|birthdays|Christmas|holidays|Paris|London|Rome|Tokyo|New York|the Alps|the Amazon|the North Pole|penguins|lions|wolves|bees|ants|spiders|the human heart|bones|teeth|genes|atoms|electrons|helium|iron|gold|diamonds|glass|concrete|steel|wood|paper|ink|printers|keyboards|mice|monitors|phones|radios|television|satellites|rockets|engines|trains|trams|buses|traffic|roads|maps|compasses|tents|boats|anchors|knots|ropes|ladders|hammers|nails|screws|gardens|lawns|roses|tulips|weeds|seeds|tractors|cows|sheep|goats|chickens|ducks""".split(
    "|"
)
ASK = """what is @
who invented @
tell me about @
explain @
what do you think about @
how does one make @
where can I find @
why is @ important
when was @ discovered
how old is @
how much is @
who is the king of @
write {a poem|an essay|a song} about @
do you like @
how far is @
what colour is @
what do you know about @
how many @ are there
who won @
give me facts about @
can you help me with @
what is the history of @
I would like to talk about @
what is the difference between @ and #
is @ better than #
compare @ and #
@ or #
what has @ to do with #
how long does @ take
what is @ made of
can I buy @
are @ dangerous
calculate {2 plus 2|17 times 3|100 divided by 4|12 minus 5|3 times 9|the sum of 4 and 8}
what is {2 plus 2|17 times 3|100 divided by 4|7 minus 5|2 + 2|5 * 6}
what {time|day|year|month} is it
tell me a {joke|riddle|secret|fairy tale about @}
write {code|a program|a function|a script} {in Python|in Go|for sorting|that prints hello|}
sing {a song|for me}
what is the {best|biggest|smallest|oldest|fastest} {city|animal|country|car|computer|film|book} {in the world|}
recommend {a film|a book|a restaurant|a hotel|a doctor}
{book|order|buy} {a flight|a pizza|a taxi|a table|a hotel}""".split(
    "\n"
)
