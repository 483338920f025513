package containers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// check tells what is wrong with the definition in the folder of that name.
func (d Definition) check(folder string) error {
	if d.Name != folder {
		return fmt.Errorf("its name is %q, its folder %q", d.Name, folder)
	}
	switch d.Kind {
	case Server:
		if d.Language == "" {
			return errors.New("a server without the language of its application")
		}
	case Gateway:
		if d.Language != "" {
			return fmt.Errorf("a gateway with an application in %s", d.Language)
		}
	default:
		return fmt.Errorf("its kind is %q, not server or gateway", d.Kind)
	}
	if _, err := regexp.Compile(d.Ready); err != nil {
		return err
	}
	if len(d.Serves) == 0 {
		return errors.New("it has no variants")
	}
	for i, s := range d.Serves {
		if err := s.check(d.Kind); err != nil {
			return fmt.Errorf("variant %d: %w", i+1, err)
		}
	}
	if d.ContainerOnly && len(d.Needs) > 0 {
		return errors.New("container-only, and with needs: an image's are in its Dockerfile")
	}
	for i, n := range d.Needs {
		if err := n.check(); err != nil {
			return fmt.Errorf("need %d: %w", i+1, err)
		}
	}
	return nil
}

func (s Service) check(kind string) error {
	if err := among("protocol", []string{s.Protocol}, "fcgi", "scgi", "ajp"); err != nil {
		return err
	}
	networks := []string{"unix", "tcp"}
	if kind == Gateway {
		networks = append(networks, Spawned)
	}
	if err := among("network", s.Networks, networks...); err != nil {
		return err
	}
	if kind == Gateway && len(s.Methods) == 0 {
		return nil
	}
	return among("method", s.Methods, "threaded", "prefork")
}

// among requires at least one value, and each to be one of those known.
func among(what string, values []string, known ...string) error {
	if len(values) == 0 {
		return fmt.Errorf("no %s", what)
	}
	for _, v := range values {
		if !slices.Contains(known, v) {
			return fmt.Errorf("%s %q is none of %v", what, v, known)
		}
	}
	return nil
}
