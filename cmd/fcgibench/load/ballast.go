package load

import "sync"

// ballast is memory that nobody touches, and so costs none. The collector runs
// when the heap has doubled: beside a few megabytes that live it would run every
// 50 ms at the highest rate, and take a tenth of it. Unlike a higher GOGC it
// allows nothing more to a heap that is large.
var ballast = sync.OnceValue(func() []byte { return make([]byte, 32<<20) })
