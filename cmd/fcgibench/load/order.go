package load

// Order says which subject's round comes when: subjects × rounds numbers from 0.
// Each block has every subject once and begins one further than the block
// before: A B B A for two, A B C B C A C A B for three. What drifts while the
// run lasts, the machine's heat or its page cache, so meets every subject in
// every place, and the i-th rounds of two subjects are close in time: a pair.
func Order(subjects, rounds int) []int {
	var order []int
	for block := range rounds {
		for place := range subjects {
			order = append(order, (block+place)%subjects)
		}
	}
	return order
}
