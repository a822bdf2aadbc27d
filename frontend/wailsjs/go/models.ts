export namespace app {
	
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
	
	    static createFrom(source: any = {}) {
	        return new CheckView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.spans = this.convertValues(source["spans"], SpanView);
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
	export class MessageView {
	    id: string;
	    parent: string;
	    turn: string;
	    role: string;
	    status: string;
	    text: string;
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
	    }
	}
	export class ConversationDetail {
	    conversation: ConversationView;
	    messages: MessageView[];
	    earlier: boolean;
	    versions: Record<string, Array<string>>;
	
	    static createFrom(source: any = {}) {
	        return new ConversationDetail(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = this.convertValues(source["conversation"], ConversationView);
	        this.messages = this.convertValues(source["messages"], MessageView);
	        this.earlier = source["earlier"];
	        this.versions = source["versions"];
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
	
	export class ErasureView {
	    messages: string[];
	    conversations: string[];
	    matters: string[];
	
	    static createFrom(source: any = {}) {
	        return new ErasureView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.messages = source["messages"];
	        this.conversations = source["conversations"];
	        this.matters = source["matters"];
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
	    detail: string;
	
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
	        this.detail = source["detail"];
	    }
	}
	export class ProbeRow {
	    name: string;
	    detail: string;
	    blocked: boolean;
	    control: boolean;
	
	    static createFrom(source: any = {}) {
	        return new ProbeRow(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.name = source["name"];
	        this.detail = source["detail"];
	        this.blocked = source["blocked"];
	        this.control = source["control"];
	    }
	}
	export class OfflineView {
	    ok: boolean;
	    summary: string;
	    rows: ProbeRow[];
	
	    static createFrom(source: any = {}) {
	        return new OfflineView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.ok = source["ok"];
	        this.summary = source["summary"];
	        this.rows = this.convertValues(source["rows"], ProbeRow);
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
	
	    static createFrom(source: any = {}) {
	        return new PreferencesView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.theme = source["theme"];
	    }
	}
	
	export class PromptView {
	    conversation: string;
	    matter: string;
	    edit: string;
	    again: string;
	    continue: string;
	    text: string;
	
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
	    }
	}
	export class RecordView {
	    size: number;
	    healthy: boolean;
	    detail: string;
	
	    static createFrom(source: any = {}) {
	        return new RecordView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.size = source["size"];
	        this.healthy = source["healthy"];
	        this.detail = source["detail"];
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
	
	export class StateView {
	    phase: string;
	    fault?: FaultView;
	
	    static createFrom(source: any = {}) {
	        return new StateView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.phase = source["phase"];
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
	export class StatusView {
	    offline: OfflineView;
	    record: RecordView;
	    model: ModelView;
	    redaction: RedactionView;
	    home: string;
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
	        this.home = source["home"];
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
	    advice: string;
	
	    static createFrom(source: any = {}) {
	        return new StrengthView(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.score = source["score"];
	        this.acceptable = source["acceptable"];
	        this.advice = source["advice"];
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
	
	    static createFrom(source: any = {}) {
	        return new TurnStarted(source);
	    }
	
	    constructor(source: any = {}) {
	        if ('string' === typeof source) source = JSON.parse(source);
	        this.conversation = this.convertValues(source["conversation"], ConversationView);
	        this.user = this.convertValues(source["user"], MessageView);
	        this.assistant = this.convertValues(source["assistant"], MessageView);
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

}

