package result

import "time"

// MatrixVersion is that of the JSON form of [Matrix]. A reader refuses another.
const MatrixVersion = 1

// Matrix is what several runs found, in short: how many rules each
// implementation keeps, and which ones it does not.
type Matrix struct {
	Version int          `json:"matrix"` // not "version": no run can be taken for a matrix
	Peers   []MatrixPeer `json:"peers"`
}

// MatrixPeer is an implementation in one version.
type MatrixPeer struct {
	Name      string           `json:"name"`
	Version   string           `json:"version,omitempty"`
	Page      string           `json:"page"` // the name of its page and badge, without the ending
	Targets   []MatrixTarget   `json:"targets"`
	Protocols []MatrixProtocol `json:"protocols"`
}

// MatrixTarget is one way in which it was run.
type MatrixTarget struct {
	Protocol string         `json:"protocol"`
	How      string         `json:"how"`              // method, network and setting, or its address
	Server   string         `json:"server,omitempty"` // as its probe application names it
	Tool     string         `json:"tool"`
	Started  time.Time      `json:"started"`
	Seed     int64          `json:"seed"`
	Counts   map[string]int `json:"counts"` // of cases, by state
}

// MatrixProtocol is what is known of it in a protocol, all ways taken together:
// of a case that differs among them the worst counts.
type MatrixProtocol struct {
	Protocol string            `json:"protocol"`
	Kept     int               `json:"kept"`   // cases that passed
	Tested   int               `json:"tested"` // those, and the broken ones
	Counts   map[string]int    `json:"counts"` // of cases, by state
	Sections []MatrixSection   `json:"sections"`
	Others   map[string]string `json:"others"` // the state of each case that did not pass, by its id
}

// MatrixSection is one section of a specification.
type MatrixSection struct {
	Section string         `json:"section"`
	Counts  map[string]int `json:"counts"`
}
