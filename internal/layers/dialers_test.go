package layers

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ways are the functions and types of the standard library, and of x/sys, that reach out of the process by a socket. A
// package that names none of them can do so only through one that does. (C code is looked for apart, see wayC.)
var ways = map[string][]string{
	"net": {
		"Dial", "DialTimeout", "DialIP", "DialTCP", "DialUDP", "DialUnix", "Dialer", "DefaultResolver", "Resolver", "LookupHost", "LookupAddr",
		"LookupCNAME", "LookupIP", "LookupMX", "LookupNS", "LookupPort", "LookupSRV", "LookupTXT", "ResolveIPAddr", "ResolveTCPAddr", "ResolveUDPAddr",
		"ListenPacket", "ListenUDP", "ListenMulticastUDP", "ListenIP",
	},
	"net/http":                {"Get", "Head", "Post", "PostForm", "Client", "DefaultClient", "Transport", "DefaultTransport"},
	"net/rpc":                 {"Dial", "DialHTTP", "DialHTTPPath"},
	"net/smtp":                {"Dial", "SendMail"},
	"net/http/httputil":       {"ReverseProxy", "NewSingleHostReverseProxy"},
	"crypto/tls":              {"Dial", "DialWithDialer", "Dialer"},
	"log/syslog":              {"Dial", "New", "NewLogger"},
	"syscall":                 {"Socket", "Connect", "Sendto", "SYS_SOCKET", "SYS_CONNECT"},
	"golang.org/x/sys/unix":   {"Socket", "Connect", "Sendto", "SYS_SOCKET", "SYS_CONNECT"},
	"golang.org/x/net/proxy":  {"Dial", "FromEnvironment"},
	"golang.org/x/net/http2":  {"Transport"},
	"golang.org/x/crypto/ssh": {"Dial"},
}

const wayC = "C"

// dialers names every package that a program links, outside of the standard library, and that has a way out of the
// process, with the reason why it is there. Whatever it tries, the kernel's filter lets through AF_UNIX alone.
var dialers = map[string]string{
	"subrosa/internal/socket":   "asks the program that has the data directory open for a backup, by a UNIX socket in that directory",
	"subrosa/internal/lockdown": "tries every way out, to show that it is closed",

	"subrosa/internal/sandbox":       "its helper asks the desktop's buses what is there, and tries from inside what must not be",
	"subrosa/internal/sandbox/first": "C: a pair of sockets to that helper",

	"github.com/godbus/dbus/v5":                     "the session's bus: the keyring, the screen lock, logind. It can be told to use TCP by the environment, which the filter refuses",
	"github.com/ebitengine/purego/internal/cgo":     "C: calls llama.cpp's libraries, which have no way out, see TestNativeLibrariesDialNobody",
	"github.com/mattn/go-sqlite3":                   "C: SQLite, which opens files alone",
	"kernel.org/pub/linux/libs/security/libcap/psx": "C: carries a system call to all threads, for Landlock",

	"subrosa/internal/webview": "C: tells the web view what its pages may not do",

	"github.com/wailsapp/wails/v2/internal/frontend/desktop/linux": "C: GTK and WebKitGTK. WebKit's network process is a child, with the same filter",
	"github.com/wailsapp/wails/v2/pkg/assetserver":                 "a proxy to a development server, which a production build has none of",
	"github.com/wailsapp/wails/v2/pkg/assetserver/webview":         "C: as above, the requests of the page",
	"github.com/wailsapp/wails/v2/pkg/runtime":                     "C: as above",
}

// Every path from a program to a dialer goes through a package that is named here, and each that is named is there.
func TestEveryDialerIsNamed(t *testing.T) {
	found := map[string][]string{}
	for _, program := range []string{"subrosa", "subrosa/app/subrosactl", "subrosa/app/subrosa-verify", "subrosa/app/subrosa-engine"} {
		for _, p := range linked(t, program) {
			if p.Standard {
				continue
			}
			for _, way := range p.ways(t) {
				if !slices.Contains(found[p.ImportPath], way) {
					found[p.ImportPath] = append(found[p.ImportPath], way)
				}
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if dialers[path] == "" {
			t.Errorf("%s has a way out of the process (%s): say why it is linked", path, strings.Join(found[path], ", "))
		}
	}
	for path := range dialers {
		if found[path] == nil {
			t.Errorf("%s is named as a dialer and is none, or is not linked", path)
		}
	}
}

func TestNativeLibrariesDialNobody(t *testing.T) {
	libraries, err := filepath.Glob("../../build/native/lib*/*.so")
	if err != nil || len(libraries) == 0 {
		t.Fatal("no libraries: run make build first: ", err)
	}
	for _, path := range libraries {
		f, err := elf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		symbols, err := f.ImportedSymbols()
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if len(symbols) == 0 {
			t.Errorf("%s asks for no symbol at all: the list is not what it should be", path)
		}
		for _, s := range symbols {
			if slices.Contains([]string{"socket", "connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "io_uring_setup"}, s.Name) {
				t.Errorf("%s asks for %s", path, s.Name)
			}
		}
	}
}

type listed struct {
	ImportPath, Dir   string
	Standard          bool
	GoFiles, CgoFiles []string
}

func linked(t *testing.T, program string) (all []listed) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(goList(t, "-deps", "-json=ImportPath,Dir,Standard,GoFiles,CgoFiles", program)))
	for {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// ways returns what the package's files name of the ways out.
func (p listed) ways(t *testing.T) []string {
	t.Helper()
	named := map[string]bool{}
	if len(p.CgoFiles) > 0 {
		named[wayC] = true
	}
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		imported := map[string]string{} // by the name that the file uses
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil || ways[path] == nil {
				continue
			}
			as := path[strings.LastIndexByte(path, '/')+1:]
			if i.Name != nil {
				as = i.Name.Name
			}
			if as == "." {
				t.Errorf("%s: %s is imported without a name: what it uses cannot be told", p.ImportPath, path)
			}
			imported[as] = path
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && imported[x.Name] != "" {
				if of := ways[imported[x.Name]]; slices.Contains(of, s.Sel.Name) {
					named[imported[x.Name]+"."+s.Sel.Name] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(named))
}
