package probeapp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryLanguageHasASource(t *testing.T) {
	for _, language := range Languages() {
		name, source, err := Source(language)
		if err != nil {
			t.Errorf("%s: %v", language, err)
			continue
		}
		if onDisk, err := os.ReadFile(name); err != nil || string(onDisk) != string(source) {
			t.Errorf("%s: %s is not the embedded file: %v", language, name, err)
		}
	}
}

func TestEverySourceIsALanguage(t *testing.T) {
	files, err := filepath.Glob("probe[._]*")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, language := range Languages() {
		name, _, _ := Source(language)
		named = append(named, name)
	}
	slices.Sort(named)
	if !slices.Equal(files, named) {
		t.Errorf("files %q, languages of %q", files, named)
	}
}

func TestAnUnknownLanguageNamesTheKnownOnes(t *testing.T) {
	_, source, err := Source("cobol")
	if err == nil || source != nil {
		t.Fatalf("want an error and no source, got %d bytes and %v", len(source), err)
	}
	for _, want := range append(Languages(), "cobol") {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// The text is printed for people who have nothing else.
func TestEverySourceBeginsWithHowItIsRun(t *testing.T) {
	runs := map[string]string{
		"php":    "php-cgi .*-b ",
		"wsgi":   "(?s)python3 probe.py\n.*uwsgi .*--wsgi-file probe.py",
		"c":      "(?s)cc .*probe.c -lfcgi\n.*spawn-fcgi ",
		"jsp":    "webapps/ROOT/WEB-INF/probe.jsp",
		"java":   "java .*-cp .* probe.java",
		"go":     "(?s)go build -o probe probe.go\n.*spawn-fcgi ",
		"perl":   "(?s)FCGI.pm.* perl probe.pl\n.*plackup .*probe.pl",
		"django": "python2.7 probe_django.py runfcgi ",
		"node":   "spawn-fcgi .*/node probe.js",
		"ruby":   "spawn-fcgi .*/ruby probe.rb",
		"lua":    "spawn-fcgi .*/lua5.1 probe.lua",
		"asgi":   "aioscgi .* probe_asgi:application",
	}
	for _, language := range Languages() {
		_, source, _ := Source(language)
		top := strings.Join(strings.SplitN(string(source), "\n", 11)[:10], "\n")
		if runs[language] == "" || !regexp.MustCompile(runs[language]).MatchString(top) {
			t.Errorf("%s: the first ten lines do not say how it is run:\n%s", language, top)
		}
	}
}

func TestPHPHasNoSyntaxError(t *testing.T) {
	run(t, "php", "-l", "probe.php")
}

func TestPythonHasNoSyntaxError(t *testing.T) {
	run(t, "python3", "-c", "for f in 'probe.py', 'probe_asgi.py': compile(open(f).read(), f, 'exec')")
}

// Python 2.7's, which few have: what it is written in, Python 3 can read.
func TestDjangosPythonHasNoSyntaxError(t *testing.T) {
	run(t, "python3", "-c", "compile(open('probe_django.py').read(), 'probe_django.py', 'exec')")
}

func TestJavaScriptHasNoSyntaxError(t *testing.T) {
	run(t, "node", "--check", "probe.js")
}

func TestRubyHasNoWarning(t *testing.T) {
	if _, err := exec.LookPath("ruby"); err != nil {
		t.Skip(err)
	}
	output, err := exec.CommandContext(t.Context(), "ruby", "-wc", "probe.rb").CombinedOutput()
	if err != nil || string(output) != "Syntax OK\n" {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestLuaHasNoSyntaxError(t *testing.T) {
	run(t, "luac5.1", "-p", "probe.lua")
}

func TestPerlHasNoWarning(t *testing.T) {
	command := exec.CommandContext(t.Context(), "perl", "-wc", "probe.pl")
	if output, err := command.CombinedOutput(); err != nil || string(output) != "probe.pl syntax OK\n" {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestCHasNoWarning(t *testing.T) {
	needLibfcgi(t)
	run(t, "cc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "probe.c")
}

func TestGoPassesVet(t *testing.T) {
	run(t, "go", "vet", "probe.go")
}

// Tomcat compiles a JSP as Java 11 unless it is told otherwise, whatever Java it runs on.
func TestJSPIsJava11(t *testing.T) {
	const api = "/usr/share/tomcat10/lib/servlet-api.jar" // where Debian's tomcat10 has it
	if _, err := os.Stat(api); err != nil {
		t.Skip("the servlet API is not installed: ", err)
	}
	_, source, _ := Source("jsp")
	imports := regexp.MustCompile(`(?s)import="(.*?)"`).FindSubmatch(source)
	declaration := regexp.MustCompile(`(?s)<%!(.*)%>`).FindSubmatch(source)
	if imports == nil || declaration == nil {
		t.Fatal("probe.jsp has no import or no declaration")
	}
	var java strings.Builder
	for _, name := range strings.Split(string(imports[1])+", jakarta.servlet.http.*", ",") {
		java.WriteString("import " + strings.TrimSpace(name) + ";\n")
	}
	java.WriteString("class Probe extends HttpServlet {" + string(declaration[1]) + "}\n")
	dir := t.TempDir()
	file := filepath.Join(dir, "Probe.java")
	if err := os.WriteFile(file, []byte(java.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "javac", "-proc:none", "-Xlint:-serial", "--release", "11", "-cp", api, "-d", dir, file)
}

func TestJavaHasNoWarning(t *testing.T) {
	jars := os.Getenv("FCGIKIT_UNDERTOW")
	if jars == "" {
		t.Skip("FCGIKIT_UNDERTOW names no folder with Undertow")
	}
	run(t, "javac", "-proc:none", "-Xlint:all,-path", "-Werror", "--release", "17", "-cp", jars+"/*", "-d", t.TempDir(), "probe.java")
}

func run(t *testing.T, program string, arguments ...string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(err)
	}
	output, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, output)
	}
}

func needLibfcgi(t *testing.T) {
	t.Helper()
	include := exec.CommandContext(t.Context(), "cc", "-fsyntax-only", "-x", "c", "-")
	include.Stdin = strings.NewReader("#include <fcgiapp.h>\n")
	if output, err := include.CombinedOutput(); err != nil {
		t.Skipf("no C compiler with libfcgi's headers: %v %s", err, output)
	}
}
