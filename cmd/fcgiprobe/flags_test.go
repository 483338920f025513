package main

import (
	"testing"

	"github.com/fcgikit/fcgikit/cmd/internal/clitest"
)

func TestEveryFlagIsInAScript(t *testing.T) { clitest.EveryFlagIsInAScript(t, tool) }

func TestEveryExitCodeIsInAScript(t *testing.T) { clitest.EveryExitCodeIsInAScript(t) }

func TestHelpIsShortAndNamesItsOwnFlags(t *testing.T) {
	clitest.HelpIsShortAndNamesItsOwnFlags(t, tool)
}
