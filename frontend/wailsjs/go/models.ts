export namespace app {
	
	export class DayView {
	    day: string;
	    prompts: number;
	    others: number;
	    read: number;
	    written: number;
	
	    static createFrom(source: any = {}) {
	        return new DayView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.day = source["day"];
	        this.prompts = source["prompts"];
	        this.others = source["others"];
	        this.read = source["read"];
	        this.written = source["written"];
	    }
	}
	export class ActivityView {
	    days: DayView[];
	    masked: Record<string, number>;
	
	    static createFrom(source: any = {}) {
	        return new ActivityView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.days = this.convertValues(source["days"], DayView);
	        this.masked = source["masked"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class BoxView {
	    left: number;
	    top: number;
	    right: number;
	    bottom: number;
	
	    static createFrom(source: any = {}) {
	        return new BoxView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.left = source["left"];
	        this.top = source["top"];
	        this.right = source["right"];
	        this.bottom = source["bottom"];
	    }
	}
	export class SpanView {
	    start: number;
	    end: number;
	    type: string;
	    label: string;
	    reason: string;
	    action: string;
	
	    static createFrom(source: any = {}) {
	        return new SpanView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.start = source["start"];
	        this.end = source["end"];
	        this.type = source["type"];
	        this.label = source["label"];
	        this.reason = source["reason"];
	        this.action = source["action"];
	    }
	}
	export class CheckView {
	    spans: SpanView[];
	    masked: string;
	    mayMask: boolean;
	    mayPseudonymise: boolean;
	
	    static createFrom(source: any = {}) {
	        return new CheckView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.spans = this.convertValues(source["spans"], SpanView);
	        this.masked = source["masked"];
	        this.mayMask = source["mayMask"];
	        this.mayPseudonymise = source["mayPseudonymise"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class SaidView {
	    id: string;
	    facts: string[];
	
	    static createFrom(source: any = {}) {
	        return new SaidView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.facts = source["facts"];
	    }
	}
	export class ControlView {
	    id: string;
	    name: string;
	    result: string;
	    evidence: string;
	    said: SaidView[];
	
	    static createFrom(source: any = {}) {
	        return new ControlView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.result = source["result"];
	        this.evidence = source["evidence"];
	        this.said = this.convertValues(source["said"], SaidView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class SummaryView {
	    after: string;
	    text: string;
	    messages: number;
	
	    static createFrom(source: any = {}) {
	        return new SummaryView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.after = source["after"];
	        this.text = source["text"];
	        this.messages = source["messages"];
	    }
	}
	export class StandInView {
	    token: string;
	    type: string;
	    value: string;
	
	    static createFrom(source: any = {}) {
	        return new StandInView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.token = source["token"];
	        this.type = source["type"];
	        this.value = source["value"];
	    }
	}
	export class MessageView {
	    id: string;
	    parent: string;
	    turn: string;
	    role: string;
	    status: string;
	    text: string;
	    reasoning: string;
	    model: string;
	    promptTokens: number;
	    outputTokens: number;
	    createdAt: string;
	
	    static createFrom(source: any = {}) {
	        return new MessageView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.parent = source["parent"];
	        this.turn = source["turn"];
	        this.role = source["role"];
	        this.status = source["status"];
	        this.text = source["text"];
	        this.reasoning = source["reasoning"];
	        this.model = source["model"];
	        this.promptTokens = source["promptTokens"];
	        this.outputTokens = source["outputTokens"];
	        this.createdAt = source["createdAt"];
	    }
	}
	export class ConversationView {
	    id: string;
	    title: string;
	    createdAt: string;
	    updatedAt: string;
	    messages: number;
	    matter: string;
	    pinned: boolean;
	    held: boolean;
	    draft: boolean;
	    thinking: boolean;
	
	    static createFrom(source: any = {}) {
	        return new ConversationView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.title = source["title"];
	        this.createdAt = source["createdAt"];
	        this.updatedAt = source["updatedAt"];
	        this.messages = source["messages"];
	        this.matter = source["matter"];
	        this.pinned = source["pinned"];
	        this.held = source["held"];
	        this.draft = source["draft"];
	        this.thinking = source["thinking"];
	    }
	}
	export class ConversationDetail {
	    conversation: ConversationView;
	    messages: MessageView[];
	    earlier: boolean;
	    versions: Record<string, Array<string>>;
	    standIns: StandInView[];
	    sources: Record<string, Array<SourceView>>;
	    summaries: SummaryView[];
	
	    static createFrom(source: any = {}) {
	        return new ConversationDetail(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = this.convertValues(source["conversation"], ConversationView);
	        this.messages = this.convertValues(source["messages"], MessageView);
	        this.earlier = source["earlier"];
	        this.versions = source["versions"];
	        this.standIns = this.convertValues(source["standIns"], StandInView);
	        this.sources = this.convertValues(source["sources"], Array<SourceView>, true);
	        this.summaries = this.convertValues(source["summaries"], SummaryView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	
	export class FaultView {
	    code: string;
	    message: string;
	    hint: string;
	
	    static createFrom(source: any = {}) {
	        return new FaultView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.code = source["code"];
	        this.message = source["message"];
	        this.hint = source["hint"];
	    }
	}
	export class DocumentView {
	    id: string;
	    conversation: string;
	    matter: string;
	    name: string;
	    kind: string;
	    size: number;
	    reading: string;
	    pages: number;
	    of: number;
	    blank: number;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new DocumentView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.conversation = source["conversation"];
	        this.matter = source["matter"];
	        this.name = source["name"];
	        this.kind = source["kind"];
	        this.size = source["size"];
	        this.reading = source["reading"];
	        this.pages = source["pages"];
	        this.of = source["of"];
	        this.blank = source["blank"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class DocumentPageView {
	    document: DocumentView;
	    number: number;
	    before: string;
	    passage: string;
	    after: string;
	
	    static createFrom(source: any = {}) {
	        return new DocumentPageView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.document = this.convertValues(source["document"], DocumentView);
	        this.number = source["number"];
	        this.before = source["before"];
	        this.passage = source["passage"];
	        this.after = source["after"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class DocumentPlaceView {
	    conversation: string;
	    matter: string;
	    newIn: string;
	
	    static createFrom(source: any = {}) {
	        return new DocumentPlaceView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = source["conversation"];
	        this.matter = source["matter"];
	        this.newIn = source["newIn"];
	    }
	}
	
	export class DriveView {
	    path: string;
	    label: string;
	    device: string;
	    size: number;
	    free: number;
	    readOnly: boolean;
	
	    static createFrom(source: any = {}) {
	        return new DriveView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.path = source["path"];
	        this.label = source["label"];
	        this.device = source["device"];
	        this.size = source["size"];
	        this.free = source["free"];
	        this.readOnly = source["readOnly"];
	    }
	}
	export class EntryView {
	    seq: number;
	    time: string;
	    actor: string;
	    action: string;
	    conversation: string;
	    result: string;
	    detail: string;
	    redactions: Record<string, number>;
	    line: string;
	
	    static createFrom(source: any = {}) {
	        return new EntryView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.seq = source["seq"];
	        this.time = source["time"];
	        this.actor = source["actor"];
	        this.action = source["action"];
	        this.conversation = source["conversation"];
	        this.result = source["result"];
	        this.detail = source["detail"];
	        this.redactions = source["redactions"];
	        this.line = source["line"];
	    }
	}
	export class ErasureView {
	    messages: string[];
	    documents: string[];
	    conversations: string[];
	    matters: string[];
	
	    static createFrom(source: any = {}) {
	        return new ErasureView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.messages = source["messages"];
	        this.documents = source["documents"];
	        this.conversations = source["conversations"];
	        this.matters = source["matters"];
	    }
	}
	export class ExportQuery {
	    dir: string;
	    recipient: string;
	    compress: boolean;
	    since: string;
	    until: string;
	    matter: string;
	
	    static createFrom(source: any = {}) {
	        return new ExportQuery(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.dir = source["dir"];
	        this.recipient = source["recipient"];
	        this.compress = source["compress"];
	        this.since = source["since"];
	        this.until = source["until"];
	        this.matter = source["matter"];
	    }
	}
	export class ExportTermsView {
	    formats: string[];
	    plain: boolean;
	    recipients: number;
	    folder: string;
	
	    static createFrom(source: any = {}) {
	        return new ExportTermsView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.formats = source["formats"];
	        this.plain = source["plain"];
	        this.recipients = source["recipients"];
	        this.folder = source["folder"];
	    }
	}
	export class ExportedView {
	    path: string;
	    entries: number;
	    bytes: number;
	    resumed: number;
	    evidence: boolean;
	    unrecorded?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new ExportedView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.path = source["path"];
	        this.entries = source["entries"];
	        this.bytes = source["bytes"];
	        this.resumed = source["resumed"];
	        this.evidence = source["evidence"];
	        this.unrecorded = this.convertValues(source["unrecorded"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class FindingView {
	    used: boolean;
	    state: string;
	    pages: number;
	    of: number;
	    paused: boolean;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new FindingView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.used = source["used"];
	        this.state = source["state"];
	        this.pages = source["pages"];
	        this.of = source["of"];
	        this.paused = source["paused"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class FitView {
	    fits: boolean;
	    context: number;
	    needs: number;
	    free: number;
	    eightBits: boolean;
	    deviceName: string;
	    layers: number;
	    allLayers: number;
	    deviceNeeds: number;
	    deviceFree: number;
	
	    static createFrom(source: any = {}) {
	        return new FitView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.fits = source["fits"];
	        this.context = source["context"];
	        this.needs = source["needs"];
	        this.free = source["free"];
	        this.eightBits = source["eightBits"];
	        this.deviceName = source["deviceName"];
	        this.layers = source["layers"];
	        this.allLayers = source["allLayers"];
	        this.deviceNeeds = source["deviceNeeds"];
	        this.deviceFree = source["deviceFree"];
	    }
	}
	export class PieceView {
	    text: string;
	    match: boolean;
	
	    static createFrom(source: any = {}) {
	        return new PieceView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.text = source["text"];
	        this.match = source["match"];
	    }
	}
	export class HitView {
	    conversation: string;
	    title: string;
	    message: string;
	    role: string;
	    at: string;
	    snippet: PieceView[];
	
	    static createFrom(source: any = {}) {
	        return new HitView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = source["conversation"];
	        this.title = source["title"];
	        this.message = source["message"];
	        this.role = source["role"];
	        this.at = source["at"];
	        this.snippet = this.convertValues(source["snippet"], PieceView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class FoundView {
	    hits: HitView[];
	    more: boolean;
	    complete: boolean;
	
	    static createFrom(source: any = {}) {
	        return new FoundView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.hits = this.convertValues(source["hits"], HitView);
	        this.more = source["more"];
	        this.complete = source["complete"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class KindView {
	    type: string;
	    label: string;
	    description: string;
	
	    static createFrom(source: any = {}) {
	        return new KindView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.type = source["type"];
	        this.label = source["label"];
	        this.description = source["description"];
	    }
	}
	export class LineageView {
	    source: string;
	    sealedBy: string;
	    sealedAt: string;
	    signer: string;
	    verified: boolean;
	    imports: number;
	    loads: number;
	    turns: number;
	
	    static createFrom(source: any = {}) {
	        return new LineageView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.source = source["source"];
	        this.sealedBy = source["sealedBy"];
	        this.sealedAt = source["sealedAt"];
	        this.signer = source["signer"];
	        this.verified = source["verified"];
	        this.imports = source["imports"];
	        this.loads = source["loads"];
	        this.turns = source["turns"];
	    }
	}
	export class MatterView {
	    id: string;
	    name: string;
	    retentionDays: number;
	    conversations: number;
	    held: boolean;
	
	    static createFrom(source: any = {}) {
	        return new MatterView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.retentionDays = source["retentionDays"];
	        this.conversations = source["conversations"];
	        this.held = source["held"];
	    }
	}
	
	export class ModelView {
	    id: string;
	    name: string;
	    builtin: boolean;
	    state: string;
	    progress: number;
	    context: number;
	    thinks: boolean;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new ModelView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.builtin = source["builtin"];
	        this.state = source["state"];
	        this.progress = source["progress"];
	        this.context = source["context"];
	        this.thinks = source["thinks"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class PageRow {
	    name: string;
	    verdict: string;
	    by: string;
	
	    static createFrom(source: any = {}) {
	        return new PageRow(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.verdict = source["verdict"];
	        this.by = source["by"];
	    }
	}
	export class ProbeRow {
	    name: string;
	    detail: string;
	    blocked: boolean;
	    control: boolean;
	    local: boolean;
	
	    static createFrom(source: any = {}) {
	        return new ProbeRow(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.detail = source["detail"];
	        this.blocked = source["blocked"];
	        this.control = source["control"];
	        this.local = source["local"];
	    }
	}
	export class OfflineView {
	    ok: boolean;
	    tried: number;
	    blocked: number;
	    absent: number;
	    rows: ProbeRow[];
	    page: PageRow[];
	    under: string[];
	
	    static createFrom(source: any = {}) {
	        return new OfflineView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.ok = source["ok"];
	        this.tried = source["tried"];
	        this.blocked = source["blocked"];
	        this.absent = source["absent"];
	        this.rows = this.convertValues(source["rows"], ProbeRow);
	        this.page = this.convertValues(source["page"], PageRow);
	        this.under = source["under"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class PageWayView {
	    name: string;
	    verdict: string;
	    by: string;
	
	    static createFrom(source: any = {}) {
	        return new PageWayView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.verdict = source["verdict"];
	        this.by = source["by"];
	    }
	}
	export class PassageHitView {
	    document: string;
	    name: string;
	    page: number;
	    start: number;
	    end: number;
	    snippet: PieceView[];
	
	    static createFrom(source: any = {}) {
	        return new PassageHitView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.document = source["document"];
	        this.name = source["name"];
	        this.page = source["page"];
	        this.start = source["start"];
	        this.end = source["end"];
	        this.snippet = this.convertValues(source["snippet"], PieceView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class PassageView {
	    number: number;
	    page: number;
	    start: number;
	    end: number;
	
	    static createFrom(source: any = {}) {
	        return new PassageView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.number = source["number"];
	        this.page = source["page"];
	        this.start = source["start"];
	        this.end = source["end"];
	    }
	}
	export class PictureView {
	    png: string;
	    width: number;
	    height: number;
	    boxes: BoxView[];
	
	    static createFrom(source: any = {}) {
	        return new PictureView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.png = source["png"];
	        this.width = source["width"];
	        this.height = source["height"];
	        this.boxes = this.convertValues(source["boxes"], BoxView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class SettingRow {
	    path: string;
	    value: string;
	    builtin: string;
	    doc: string;
	    changed: boolean;
	
	    static createFrom(source: any = {}) {
	        return new SettingRow(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.path = source["path"];
	        this.value = source["value"];
	        this.builtin = source["builtin"];
	        this.doc = source["doc"];
	        this.changed = source["changed"];
	    }
	}
	export class PolicyDetail {
	    version: string;
	    source: string;
	    name: string;
	    number: number;
	    signer: string;
	    sha256: string;
	    expires: string;
	    refused: string;
	    stopped: string;
	    rows: SettingRow[];
	
	    static createFrom(source: any = {}) {
	        return new PolicyDetail(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.version = source["version"];
	        this.source = source["source"];
	        this.name = source["name"];
	        this.number = source["number"];
	        this.signer = source["signer"];
	        this.sha256 = source["sha256"];
	        this.expires = source["expires"];
	        this.refused = source["refused"];
	        this.stopped = source["stopped"];
	        this.rows = this.convertValues(source["rows"], SettingRow);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class PostureView {
	    time: string;
	    controls: ControlView[];
	
	    static createFrom(source: any = {}) {
	        return new PostureView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.time = source["time"];
	        this.controls = this.convertValues(source["controls"], ControlView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class PreferencesView {
	    theme: string;
	    language: string;
	    text: string;
	
	    static createFrom(source: any = {}) {
	        return new PreferencesView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.theme = source["theme"];
	        this.language = source["language"];
	        this.text = source["text"];
	    }
	}
	
	export class PromptView {
	    conversation: string;
	    matter: string;
	    edit: string;
	    again: string;
	    continue: string;
	    text: string;
	    temporary: boolean;
	    leaveOut: boolean;
	    summarise: boolean;
	    think: boolean;
	    documents: string[];
	    instead: string;
	
	    static createFrom(source: any = {}) {
	        return new PromptView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = source["conversation"];
	        this.matter = source["matter"];
	        this.edit = source["edit"];
	        this.again = source["again"];
	        this.continue = source["continue"];
	        this.text = source["text"];
	        this.temporary = source["temporary"];
	        this.leaveOut = source["leaveOut"];
	        this.summarise = source["summarise"];
	        this.think = source["think"];
	        this.documents = source["documents"];
	        this.instead = source["instead"];
	    }
	}
	export class ProofView {
	    seq: number;
	    leaf: string;
	    path: string[];
	    size: number;
	    root: string;
	    checkpoint: string;
	    text: string;
	
	    static createFrom(source: any = {}) {
	        return new ProofView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.seq = source["seq"];
	        this.leaf = source["leaf"];
	        this.path = source["path"];
	        this.size = source["size"];
	        this.root = source["root"];
	        this.checkpoint = source["checkpoint"];
	        this.text = source["text"];
	    }
	}
	export class RecordPageView {
	    entries: EntryView[];
	    next: number;
	
	    static createFrom(source: any = {}) {
	        return new RecordPageView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.entries = this.convertValues(source["entries"], EntryView);
	        this.next = source["next"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class RecordQuery {
	    before: number;
	    action: string;
	    conversation: string;
	    result: string;
	    since: string;
	    until: string;
	
	    static createFrom(source: any = {}) {
	        return new RecordQuery(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.before = source["before"];
	        this.action = source["action"];
	        this.conversation = source["conversation"];
	        this.result = source["result"];
	        this.since = source["since"];
	        this.until = source["until"];
	    }
	}
	export class RecordStateView {
	    origin: string;
	    size: number;
	    root: string;
	    keys: number;
	    witnessedSize: number;
	    witnessedAt: string;
	    unwitnessed: number;
	    mayBe: number;
	    witnessFault: string;
	    keepMonths: number;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new RecordStateView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.origin = source["origin"];
	        this.size = source["size"];
	        this.root = source["root"];
	        this.keys = source["keys"];
	        this.witnessedSize = source["witnessedSize"];
	        this.witnessedAt = source["witnessedAt"];
	        this.unwitnessed = source["unwitnessed"];
	        this.mayBe = source["mayBe"];
	        this.witnessFault = source["witnessFault"];
	        this.keepMonths = source["keepMonths"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class RecordView {
	    size: number;
	    healthy: boolean;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new RecordView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.size = source["size"];
	        this.healthy = source["healthy"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class RedactionView {
	    rules: string[];
	    ruleset: string;
	
	    static createFrom(source: any = {}) {
	        return new RedactionView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.rules = source["rules"];
	        this.ruleset = source["ruleset"];
	    }
	}
	
	export class SealedModelView {
	    id: string;
	    name: string;
	    chosen: boolean;
	    architecture: string;
	    parameters: number;
	    quantisation: string;
	    context: number;
	    licence: string;
	    size: number;
	    sha256: string;
	    importedAt: string;
	    sourceFile: string;
	    signer: string;
	    fit: FitView;
	    finding?: FindingView;
	
	    static createFrom(source: any = {}) {
	        return new SealedModelView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.id = source["id"];
	        this.name = source["name"];
	        this.chosen = source["chosen"];
	        this.architecture = source["architecture"];
	        this.parameters = source["parameters"];
	        this.quantisation = source["quantisation"];
	        this.context = source["context"];
	        this.licence = source["licence"];
	        this.size = source["size"];
	        this.sha256 = source["sha256"];
	        this.importedAt = source["importedAt"];
	        this.sourceFile = source["sourceFile"];
	        this.signer = source["signer"];
	        this.fit = this.convertValues(source["fit"], FitView);
	        this.finding = this.convertValues(source["finding"], FindingView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class SlotView {
	    name: string;
	    recipient: string;
	    postQuantum: boolean;
	    added: string;
	    passphrase: boolean;
	    token: string;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new SlotView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.recipient = source["recipient"];
	        this.postQuantum = source["postQuantum"];
	        this.added = source["added"];
	        this.passphrase = source["passphrase"];
	        this.token = source["token"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class SourceView {
	    document: string;
	    name: string;
	    whole: boolean;
	    pages: number;
	    of: number;
	    passages: PassageView[];
	
	    static createFrom(source: any = {}) {
	        return new SourceView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.document = source["document"];
	        this.name = source["name"];
	        this.whole = source["whole"];
	        this.pages = source["pages"];
	        this.of = source["of"];
	        this.passages = this.convertValues(source["passages"], PassageView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	
	export class StateView {
	    phase: string;
	    fault?: FaultView;
	    passphrase: string;
	
	    static createFrom(source: any = {}) {
	        return new StateView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.phase = source["phase"];
	        this.fault = this.convertValues(source["fault"], FaultView);
	        this.passphrase = source["passphrase"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class StatusView {
	    offline: OfflineView;
	    record: RecordView;
	    model: ModelView;
	    redaction: RedactionView;
	    documents: boolean;
	    temporary: boolean;
	    home: string;
	    copy: boolean;
	    version: string;
	
	    static createFrom(source: any = {}) {
	        return new StatusView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.offline = this.convertValues(source["offline"], OfflineView);
	        this.record = this.convertValues(source["record"], RecordView);
	        this.model = this.convertValues(source["model"], ModelView);
	        this.redaction = this.convertValues(source["redaction"], RedactionView);
	        this.documents = source["documents"];
	        this.temporary = source["temporary"];
	        this.home = source["home"];
	        this.copy = source["copy"];
	        this.version = source["version"];
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class StrengthView {
	    score: number;
	    acceptable: boolean;
	    advice?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new StrengthView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.score = source["score"];
	        this.acceptable = source["acceptable"];
	        this.advice = this.convertValues(source["advice"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class TakeAlongQuery {
	    conversation: string;
	    format: string;
	    folder: string;
	    name: string;
	    sealed: boolean;
	    values: boolean;
	
	    static createFrom(source: any = {}) {
	        return new TakeAlongQuery(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = source["conversation"];
	        this.format = source["format"];
	        this.folder = source["folder"];
	        this.name = source["name"];
	        this.sealed = source["sealed"];
	        this.values = source["values"];
	    }
	}
	export class TakenView {
	    path: string;
	    size: number;
	    sha256: string;
	    entry: number;
	    sealed: boolean;
	
	    static createFrom(source: any = {}) {
	        return new TakenView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.path = source["path"];
	        this.size = source["size"];
	        this.sha256 = source["sha256"];
	        this.entry = source["entry"];
	        this.sealed = source["sealed"];
	    }
	}
	export class TakenOneView {
	    conversation: string;
	    taken: TakenView;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new TakenOneView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = source["conversation"];
	        this.taken = this.convertValues(source["taken"], TakenView);
	        this.fault = this.convertValues(source["fault"], FaultView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	
	export class TemplateView {
	    name: string;
	    text: string;
	    own: boolean;
	
	    static createFrom(source: any = {}) {
	        return new TemplateView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.text = source["text"];
	        this.own = source["own"];
	    }
	}
	export class TurnStarted {
	    conversation: ConversationView;
	    user: MessageView;
	    assistant: MessageView;
	    standIns: StandInView[];
	    sources: SourceView[];
	
	    static createFrom(source: any = {}) {
	        return new TurnStarted(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = this.convertValues(source["conversation"], ConversationView);
	        this.user = this.convertValues(source["user"], MessageView);
	        this.assistant = this.convertValues(source["assistant"], MessageView);
	        this.standIns = this.convertValues(source["standIns"], StandInView);
	        this.sources = this.convertValues(source["sources"], SourceView);
	    }
	
		convertValues(a: any, classs: any, asMap: boolean = false): any {
		    if (!a) {
		        return a;
		    }
		    if (a.slice && a.map) {
		        return (a as any[]).map(elem => this.convertValues(elem, classs));
		    } else if ("object" === typeof a) {
		        if (asMap) {
		            for (const key of Object.keys(a)) {
		                a[key] = new classs(a[key]);
		            }
		            return a;
		        }
		        return new classs(a);
		    }
		    return a;
		}
	}
	export class VerifiedView {
	    size: number;
	    root: string;
	    checkpointed: number;
	    keys: number;
	    findings: string[];
	    tookMs: number;
	
	    static createFrom(source: any = {}) {
	        return new VerifiedView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.size = source["size"];
	        this.root = source["root"];
	        this.checkpointed = source["checkpointed"];
	        this.keys = source["keys"];
	        this.findings = source["findings"];
	        this.tookMs = source["tookMs"];
	    }
	}
	export class WishView {
	    context: number;
	    processor: boolean;
	    cache: string;
	
	    static createFrom(source: any = {}) {
	        return new WishView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.context = source["context"];
	        this.processor = source["processor"];
	        this.cache = source["cache"];
	    }
	}

}

