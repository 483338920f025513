package load

import (
	"cmp"
	"fmt"

	"github.com/fcgikit/fcgikit/reports/result"
)

// sameLoad are the fields in which runs must agree to be compared: all that
// load the server. Warm-up, rounds and time limits may differ.
var sameLoad = []planField{rateField, rampField, stepField, poissonField, durationField, requestsField, connectionsField, keepAliveField, muxField, workloadField}

// sameRun are the fields in which the runs of several generators must agree.
// Rates, connections and requests add.
var sameRun = []planField{stepField, poissonField, durationField, warmupField, roundsField, keepAliveField, muxField, workloadField, timeoutField}

// planField is one field of a plan, for an error to name.
type planField struct {
	name  string
	value func(result.Plan) any
}

var (
	rateField        = planField{"rate", func(p result.Plan) any { return p.Rate }}
	rampField        = planField{"ramp's end", func(p result.Plan) any { return p.RampTo }}
	stepField        = planField{"steps", func(p result.Plan) any { return p.Step }}
	poissonField     = planField{"poisson gaps", func(p result.Plan) any { return p.Poisson }}
	durationField    = planField{"duration", func(p result.Plan) any { return p.Duration }}
	requestsField    = planField{"requests", func(p result.Plan) any { return p.Requests }}
	warmupField      = planField{"warm-up", func(p result.Plan) any { return p.Warmup }}
	roundsField      = planField{"rounds", func(p result.Plan) any { return p.Rounds }}
	connectionsField = planField{"connections", func(p result.Plan) any { return p.Connections }}
	keepAliveField   = planField{"keepalive", func(p result.Plan) any { return p.KeepAlive }}
	muxField         = planField{"mux", func(p result.Plan) any { return p.Mux }}
	workloadField    = planField{"workload", func(p result.Plan) any { return cmp.Or(p.Workload, "none") }}
	timeoutField     = planField{"timeout", func(p result.Plan) any { return p.Timeout }}
)

// unlike names the first field in which two plans differ, and its values.
func unlike(a, b result.Plan, fields []planField) string {
	for _, f := range fields {
		if x, y := f.value(a), f.value(b); x != y {
			return fmt.Sprintf("%s (%v and %v)", f.name, x, y)
		}
	}
	return ""
}
