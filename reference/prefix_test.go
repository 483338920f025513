package reference_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/fcgikit/fcgikit/client"
	"github.com/fcgikit/fcgikit/client/fcgi"
	"github.com/fcgikit/fcgikit/reference"
)

// resolve resolves parameters; one that is not in the map is absent.
func resolve(force *string, p client.Protocol, params map[string]string) reference.Location {
	return reference.Prefix{Force: force}.Resolve(p, func(name string) ([]byte, bool) {
		value, ok := params[name]
		return []byte(value), ok
	})
}

// where is what a row expects.
type where struct {
	ScriptName string `json:"script_name"`
	PathInfo   string `json:"path_info"`
	Path       string `json:"path"`
	URL        string `json:"url"`
}

func whereOf(l reference.Location) where {
	return where{l.ScriptName, l.PathInfo, l.Path, l.URL}
}

// oracleRows is how many answers of the running servers were recorded.
const oracleRows = 592

func TestPrefixIsWhatDjangoOnFlupMadeOfIt(t *testing.T) {
	b, err := os.ReadFile("testdata/prefix-oracle.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Protocol client.Protocol
		Params   map[string]string
		Force    *string `json:"force_script_name"`
		Want     where
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != oracleRows {
		t.Fatalf("%d rows, expected %d", len(rows), oracleRows)
	}
	for i, row := range rows {
		l := resolve(row.Force, row.Protocol, row.Params)
		if whereOf(l) != row.Want {
			t.Errorf("row %d, %s %q: %+v, expected %+v", i, row.Protocol, row.Params, l, row.Want)
		}
		if notFound := row.Want.PathInfo[0] != '/'; (l.Outcome == reference.NotFound) != notFound || l.Outcome > reference.NotFound {
			t.Errorf("row %d, %s %q: outcome %v", i, row.Protocol, row.Params, l.Outcome)
		}
	}
}

// tableRow is a row of testdata/prefix-tables.md.
type tableRow struct {
	protocols  []client.Protocol
	line       string
	force      *string
	params     map[string]string
	want       where
	surprising bool
	notFound   bool
}

// tableRows is how many rows the three tables have, marked ones among them.
const tableRows, markedRows = 86, 57

func readTables(t *testing.T) []tableRow {
	t.Helper()
	b, err := os.ReadFile("testdata/prefix-tables.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []tableRow
	var protocols []client.Protocol
	var columns []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "# "); ok {
			protocols, columns = nil, nil
			for _, name := range strings.Fields(title) {
				protocols = append(protocols, client.Protocol(name))
			}
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if columns == nil {
			columns = cells
			continue
		}
		row := tableRow{protocols: protocols, line: line, params: map[string]string{}}
		for i, cell := range cells {
			row.set(strings.TrimSpace(columns[i]), strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

func (row *tableRow) set(column, cell string) {
	value := strings.Trim(strings.Trim(cell, `"`), "`")
	switch column {
	case "setting":
		row.force = &value
	case "script_name":
		row.want.ScriptName = value
	case "path_info":
		row.want.PathInfo = value
	case "path":
		row.want.Path = value
	case "url":
		row.want.URL = value
	case "":
		row.surprising = strings.HasPrefix(cell, "!")
		row.notFound = strings.HasSuffix(cell, "404")
	default:
		if column == "req_uri" {
			column = "REQUEST_URI"
		}
		if cell != "-" {
			row.params[column] = value
		}
	}
}

func TestPrefixSurprisesAreTheTablesMarks(t *testing.T) {
	rows, marked := readTables(t), 0
	for _, row := range rows {
		if row.surprising {
			marked++
		}
		for _, p := range row.protocols {
			l := resolve(row.force, p, row.params)
			if whereOf(l) != row.want {
				t.Errorf("%s %s: %+v", p, row.line, l)
			}
			if (len(l.Surprises) > 0) != row.surprising {
				t.Errorf("%s %s: surprises %q", p, row.line, l.Surprises)
			}
			if (l.Outcome == reference.NotFound) != row.notFound {
				t.Errorf("%s %s: outcome %v", p, row.line, l.Outcome)
			}
		}
	}
	if len(rows) != tableRows || marked != markedRows {
		t.Errorf("%d rows, %d of them marked", len(rows), marked)
	}
}

func TestPrefixSurprisesSayWhatIsLost(t *testing.T) {
	forced := "/x"
	for _, test := range []struct {
		force    *string
		protocol client.Protocol
		params   map[string]string
		want     string
	}{
		{nil, client.FastCGI, map[string]string{"PATH_INFO": "/", "SCRIPT_URL": "/app"},
			`SCRIPT_URL is cut by PATH_INFO's length without comparing: "p" is lost where "/" was looked for`},
		{nil, client.FastCGI, map[string]string{"PATH_INFO": "", "REDIRECT_URL": "/app"},
			`REDIRECT_URL "/app" is cut to nothing, since PATH_INFO is empty: the prefix is lost`},
		{nil, client.SCGI, map[string]string{"SCRIPT_NAME": "/app", "REQUEST_URI": "/app"},
			`PATH_INFO is empty, and REQUEST_URI stands in for it with the prefix: "/app" is there twice`},
		{nil, client.SCGI, map[string]string{"SCRIPT_NAME": "/a b", "REQUEST_URI": "/a%20b"},
			`PATH_INFO is empty, and REQUEST_URI stands in for it with the prefix: "/a b" is there twice`},
		{nil, client.SCGI, map[string]string{"SCRIPT_NAME": "/mysite.fcgi", "REQUEST_URI": "/app/a"},
			`PATH_INFO is empty, and REQUEST_URI stands in for it, though it is not under SCRIPT_NAME "/mysite.fcgi"`},
		{nil, client.SCGI, map[string]string{"SCRIPT_NAME": "/other", "PATH_INFO": "/a", "WSGI_SCRIPT_NAME": "/app"},
			`the path is cut by the length of WSGI_SCRIPT_NAME "/app" without comparing: "/oth" is lost`},
		{&forced, client.FastCGI, map[string]string{"PATH_INFO": "/x/a"},
			`FORCE_SCRIPT_NAME is not taken off the path: "/x" is there twice`},
		{&forced, client.FastCGI, map[string]string{"SCRIPT_NAME": "/app", "REQUEST_URI": "/app"},
			`PATH_INFO is empty, and REQUEST_URI stands in for it: the web server's own prefix "/app" stays in the path`},
		{nil, client.AJP, map[string]string{"REQUEST_URI": "/app/a"},
			`over AJP SCRIPT_NAME is empty unless WSGI_SCRIPT_NAME is sent: if the application is mounted on "/app", that is taken for its path`},
		{nil, client.AJP, map[string]string{"REQUEST_URI": "/a", "SCRIPT_NAME": "/app"},
			`over AJP SCRIPT_NAME is empty unless WSGI_SCRIPT_NAME is sent: "/app", sent as req_attribute, is overwritten`},
	} {
		l := resolve(test.force, test.protocol, test.params)
		if len(l.Surprises) == 0 || l.Surprises[0] != test.want {
			t.Errorf("%s %q: %q", test.protocol, test.params, l.Surprises)
		}
	}
}

func TestPrefixOfAProperMountSurprisesNobody(t *testing.T) {
	forced := "/app"
	for _, params := range []map[string]string{
		{"PATH_INFO": "/a/b", "REQUEST_URI": "/app/a/b"},
		{"PATH_INFO": "/a b/c", "REQUEST_URI": "/app/a%20b/c?x=1"},
		{"PATH_INFO": "/a%20b", "REQUEST_URI": "/app/a%2520b"},
		{"PATH_INFO": "/", "REQUEST_URI": "/app/"},
		{"PATH_INFO": "/app/a", "REQUEST_URI": "/app/app/a"},
		{"PATH_INFO": ""},
	} {
		params["SCRIPT_NAME"] = "/app"
		for _, p := range []client.Protocol{client.FastCGI, client.SCGI} {
			for _, force := range []*string{nil, &forced} {
				if l := resolve(force, p, params); len(l.Surprises) > 0 || l.Outcome != reference.Served {
					t.Errorf("%s %q: %+v", p, params, l)
				}
			}
		}
	}
}

func TestPrefixOutcomeOfUndecodableBytes(t *testing.T) {
	forced, broken := "/x", "/\xff"
	for _, test := range []struct {
		name     string
		force    *string
		protocol client.Protocol
		params   map[string]string
		want     reference.Outcome
		status   int
	}{
		{"in PATH_INFO", nil, client.FastCGI, map[string]string{"PATH_INFO": "/\xff"}, reference.BadRequest, 400},
		{"in the REQUEST_URI that replaces it", nil, client.SCGI, map[string]string{"REQUEST_URI": "/\xff"}, reference.BadRequest, 400},
		{"in a REQUEST_URI that does not", nil, client.SCGI, map[string]string{"PATH_INFO": "/a", "REQUEST_URI": "/\xff"}, reference.Served, 200},
		{"in req_uri", nil, client.AJP, map[string]string{"REQUEST_URI": "/\xff"}, reference.BadRequest, 400},
		{"in PATH_INFO under FORCE_SCRIPT_NAME", &forced, client.FastCGI, map[string]string{"PATH_INFO": "/\xff"}, reference.BadRequest, 400},
		{"in SCRIPT_NAME", nil, client.FastCGI, map[string]string{"SCRIPT_NAME": "/\xff", "PATH_INFO": "/a"}, reference.Broken, 200},
		{"in both", nil, client.FastCGI, map[string]string{"SCRIPT_NAME": "/\xff", "PATH_INFO": "/\xff"}, reference.Broken, 200},
		{"in SCRIPT_NAME under FORCE_SCRIPT_NAME", &forced, client.FastCGI, map[string]string{"SCRIPT_NAME": "/\xff", "PATH_INFO": "/a"}, reference.Served, 200},
		{"in FORCE_SCRIPT_NAME", &broken, client.FastCGI, map[string]string{"PATH_INFO": "/a"}, reference.Broken, 200},
		{"in SCRIPT_URL", nil, client.SCGI, map[string]string{"SCRIPT_URL": "/\xff/a", "PATH_INFO": "/a"}, reference.Broken, 200},
		{"in SCRIPT_URL, cut off", nil, client.SCGI, map[string]string{"SCRIPT_URL": "/a\xff", "PATH_INFO": "b"}, reference.NotFound, 404},
		{"made by the cut", nil, client.SCGI, map[string]string{"SCRIPT_URL": "/aé", "PATH_INFO": "b"}, reference.Broken, 200},
		{"in WSGI_SCRIPT_NAME", nil, client.AJP, map[string]string{"REQUEST_URI": "/a/b", "WSGI_SCRIPT_NAME": "/\xff"}, reference.Broken, 200},
		{"in QUERY_STRING", nil, client.FastCGI, map[string]string{"PATH_INFO": "/a", "QUERY_STRING": "\xff"}, reference.Served, 200},
		{"a surrogate", nil, client.FastCGI, map[string]string{"PATH_INFO": "/\xed\xa0\x80"}, reference.Served, 200},
		{"too long a form", nil, client.FastCGI, map[string]string{"PATH_INFO": "/\xc0\xaf"}, reference.BadRequest, 400},
		{"beyond Unicode", nil, client.FastCGI, map[string]string{"PATH_INFO": "/\xf4\x90\x80\x80"}, reference.BadRequest, 400},
	} {
		l := resolve(test.force, test.protocol, test.params)
		if l.Outcome != test.want || l.Outcome.Status() != test.status {
			t.Errorf("%s: outcome %v, status %d", test.name, l.Outcome, l.Outcome.Status())
		}
		if located := l.Outcome <= reference.NotFound; located != (l.URL != "") || !located && len(l.Surprises) != 1 {
			t.Errorf("%s: %+v", test.name, l)
		}
	}
}

func TestPrefixURLOfSurrogates(t *testing.T) {
	for path, want := range map[string]string{
		"/\xed\xa0\x80":             "/%ED%A0%80",
		"/\xed\xa0\x80\xed\xb0\x80": "/%F0%90%80%80", // joined, when Python encodes them
		"/\xed\xb0\x80\xed\xa0\x80": "/%ED%B0%80%ED%A0%80",
	} {
		if l := resolve(nil, client.FastCGI, map[string]string{"PATH_INFO": path}); l.URL != want {
			t.Errorf("%q: %s, expected %s", path, l.URL, want)
		}
	}
}

func TestPrefixOfWSGIScriptNameInSCGI(t *testing.T) {
	for _, test := range []struct {
		protocol client.Protocol
		params   map[string]string
		outcome  reference.Outcome
		want     where
	}{
		{client.SCGI, map[string]string{"PATH_INFO": "/a", "WSGI_SCRIPT_NAME": "/app"}, reference.Broken, where{}},
		{client.SCGI, map[string]string{"PATH_INFO": "/a", "WSGI_SCRIPT_NAME": ""}, reference.Broken, where{}},
		{client.SCGI, map[string]string{"WSGI_SCRIPT_NAME": "NONE", "REQUEST_URI": "/a"}, reference.Served, where{"", "/", "/", "/"}},
		{client.SCGI, map[string]string{"SCRIPT_NAME": "/app/a", "WSGI_SCRIPT_NAME": "/app"}, reference.Served, where{"/app", "/a", "/app/a", "/app/a"}},
		{client.FastCGI, map[string]string{"SCRIPT_NAME": "/app", "PATH_INFO": "/a", "WSGI_SCRIPT_NAME": "/x"}, reference.Served, where{"/app", "/a", "/app/a", "/app/a"}},
	} {
		if l := resolve(nil, test.protocol, test.params); l.Outcome != test.outcome || whereOf(l) != test.want {
			t.Errorf("%s %q: %+v", test.protocol, test.params, l)
		}
	}
}

func TestPrefixOfARequestTellsAbsentFromEmpty(t *testing.T) {
	r := &reference.Request{Protocol: client.SCGI, Role: fcgi.Responder}
	add := func(name, value string) {
		r.Params = append(r.Params, reference.Param{Name: []byte(name), Value: []byte(value)})
	}
	add("SCRIPT_NAME", "/app")
	add("PATH_INFO", "/a")
	if l := (reference.Prefix{}).Of(r); whereOf(l) != (where{"/app", "/a", "/app/a", "/app/a"}) {
		t.Errorf("absent: %+v", l)
	}
	add("WSGI_SCRIPT_NAME", "")
	if l := (reference.Prefix{}).Of(r); whereOf(l) != (where{"", "/app/a", "/app/a", "/app/a"}) {
		t.Errorf("empty: %+v", l)
	}
}
