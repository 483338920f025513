package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

// SiteFile is a file of a site, by its path within it.
type SiteFile struct {
	Name    string
	Content []byte
}

// Bounds of a site: what a phone loads, and what Pages and a mail take.
const (
	pageLimit = 2 << 20
	siteLimit = 24 << 20
)

var matrixTemplate = template.Must(template.New("matrix").Funcs(template.FuncMap{
	"anchor": anchor,
}).ParseFS(pageFiles, "page/matrix*.gohtml"))

// Site is the matrix as pages that need nothing from outside of them and fetch
// nothing: index.html, a page a protocol, a case and an implementation; with the
// summary as JSON and Markdown, and a badge an implementation. Where there is
// much, less is shown of each failure's bytes.
func (m *Matrix) Site() ([]SiteFile, error) {
	for from := 0; ; from++ {
		s := &siteWriter{frame: newFrame(m)}
		whole := m.site(s, evidenceLimits[from:])
		if s.err != nil || whole {
			return s.files, s.err
		}
	}
}

// site writes it with the first of these limits by which a page is small enough.
// It gives up, and is not whole, where the site is too large and a stricter limit
// is left.
func (m *Matrix) site(s *siteWriter, limits []evidenceLimit) (whole bool) {
	s.page("index.html", "index", m.indexPage())
	for _, p := range m.peers {
		s.page("peer/"+p.page+".html", "peer", m.peerPage(p))
	}
	for _, p := range m.protocols {
		s.page(p.page+".html", "protocol", m.protocolPage(p))
		for i := range p.cases {
			s.casePage(p, i, limits)
			if s.size > siteLimit && len(limits) > 1 {
				return false
			}
		}
	}
	m.others(s)
	return true
}

// others are the files for programs.
func (m *Matrix) others(s *siteWriter) {
	summary := m.Summary()
	s.file("matrix.json", func(w io.Writer) error { return MatrixJSON(w, summary) })
	s.file("matrix.md", func(w io.Writer) error { return MatrixMarkdown(w, summary) })
	for _, p := range summary.Peers {
		s.file("badge/"+p.Page+".json", func(w io.Writer) error { return MatrixBadge(w, p) })
	}
}

// frame is what every page has.
type frame struct {
	Style  template.CSS
	Tables template.CSS // of the pages that have large ones
	Script template.JS
	Policy string
	Made   string // when the runs were
	Up     string // the way to the site's folder
	Title  string
	Page   any
}

func newFrame(m *Matrix) frame {
	script := pageFile("page/matrix.js")
	sum := sha256.Sum256([]byte(script))
	return frame{
		Style: template.CSS(pageFile("page/matrix.css")), Tables: template.CSS(pageFile("page/matrix_tables.css")), Script: template.JS(script), Made: m.dates(),
		// The pages' own script is the only one that may run, whatever a server
		// has sent.
		Policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" +
			base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
	}
}

// siteWriter collects files up to the first error.
type siteWriter struct {
	frame
	files []SiteFile
	size  int
	err   error
}

func (s *siteWriter) file(name string, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", name, err)
	}
	s.files = append(s.files, SiteFile{name, b.Bytes()})
	s.size += b.Len()
}

// titled is a page that has a title.
type titled interface{ Title() string }

func (s *siteWriter) page(name, template string, page titled) {
	f := s.frame
	f.Up, f.Title, f.Page = strings.Repeat("../", strings.Count(name, "/")), page.Title(), page
	s.file(name, func(w io.Writer) error { return matrixTemplate.ExecuteTemplate(w, template, f) })
}

// casePage is the fullest page that is not too long.
func (s *siteWriter) casePage(p *matrixProtocol, i int, limits []evidenceLimit) {
	for _, limit := range limits {
		s.page("case/"+p.cases[i].page+".html", "case", newCasePage(p, i, limit))
		last := len(s.files) - 1
		if len(s.files[last].Content) <= pageLimit || limit == limits[len(limits)-1] {
			return
		}
		s.size -= len(s.files[last].Content)
		s.files = s.files[:last]
	}
}
