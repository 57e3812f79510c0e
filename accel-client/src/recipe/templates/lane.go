// Package lane uses the lane @NAME@ from Go, with TLS verified.
//
//	client := sagemakerruntime.NewFromConfig(cfg, func(o *sagemakerruntime.Options) { o.HTTPClient = lane.Client() })
//
// Only the address that is dialled is new: URL, Host, SNI, certificate check and signature stay the service's own. The client dials nothing
// but the lane's hosts: another one is an error, not a way around the lane. Set it on the services that the lane carries.
//
// When the lane's addresses change: the name to dial is resolved again after 60 s, within the pinned addresses. For a lane that was built
// anew write `accel outputs SPEC --json` to the file that ACCEL_LANE names: it is read again when it changes. Without that file print this
// one anew.
//
// Call lane.Check() when the program starts: it fails if calls would go around the lane.
package lane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	idle     = 300 * time.Second // the load balancer forgets a connection that is idle for 350 s
	patience = time.Second       // until the next address is tried
	builtIn  = `@SETTINGS@`
)

type settings struct {
	Schema  string
	Expires *time.Time
	Entries []entry
}

type entry struct {
	Hosts        []string
	Ports        []int
	Dial         string
	Addresses    []address
	AllowPrivate bool `json:"allow_private"`
}

// Written alone, or as {"zone": ..., "address": ...}.
type address struct{ netip.Addr }

func (a *address) UnmarshalJSON(text []byte) error {
	var zoned struct{ Address netip.Addr }
	if err := json.Unmarshal(text, &a.Addr); err == nil {
		return nil
	}
	err := json.Unmarshal(text, &zoned)
	a.Addr = zoned.Address
	return err
}

type answer struct {
	until time.Time
	found []netip.Addr
}

var known = struct {
	sync.Mutex
	stamp    string
	settings *settings
	answers  map[string]answer
}{answers: map[string]answer{}}

func current() (*settings, error) {
	known.Lock()
	defer known.Unlock()
	path, stamp := os.Getenv("ACCEL_LANE"), "built in"
	if path != "" {
		file, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		stamp = fmt.Sprint(path, file.ModTime().UnixNano(), file.Size())
	}
	if stamp != known.stamp {
		read, err := parsed(path)
		if err == nil {
			known.stamp, known.settings = stamp, read
		} else if known.settings == nil { // else it is half written: what was read before stays
			return nil, err
		}
	}
	if at := known.settings.Expires; at != nil && !time.Now().Before(*at) {
		return nil, fmt.Errorf("the lane's settings expired at %s", at)
	}
	return known.settings, nil
}

func parsed(path string) (read *settings, err error) {
	text := []byte(builtIn)
	if path != "" {
		if text, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	if err = json.Unmarshal(text, &read); err == nil && (read == nil || read.Schema != "accel.lane-outputs.v1" || len(read.Entries) == 0) {
		err = errors.New("not the settings of a lane")
	}
	return read, err
}

func (e entry) carries(host string) bool {
	_, behind, _ := strings.Cut(host, ".")
	for _, name := range e.Hosts {
		if strings.EqualFold(name, host) || strings.EqualFold(name, "*."+behind) {
			return true
		}
	}
	return false
}

// addresses of the lane for a host: first what its name says now, then the others.
func addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	now, err := current()
	if err != nil {
		return nil, err
	}
	for _, e := range now.Entries {
		if !e.carries(host) {
			continue
		}
		var found []netip.Addr
		add := func(address netip.Addr, pinned bool) {
			public := address.IsGlobalUnicast() && !address.IsPrivate() && !shared.Contains(address) && !benchmarks.Contains(address)
			if pinned && address.Is4() && (e.AllowPrivate || public) && !contains(found, address) {
				found = append(found, address)
			}
		}
		for _, address := range resolved(ctx, e.Dial) {
			add(address, len(e.Addresses) == 0 || e.pins(address))
		}
		for _, address := range e.Addresses {
			add(address.Addr, true)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no address of the lane is known for %s", host)
		}
		return found, nil
	}
	return nil, fmt.Errorf("%s is not in the lane: FIPS, dual-stack or an endpoint URL?", host)
}

var shared, benchmarks = netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("198.18.0.0/15") // RFC 6890

func (e entry) pins(address netip.Addr) bool {
	for _, pinned := range e.Addresses {
		if pinned.Addr == address {
			return true
		}
	}
	return false
}

func contains(all []netip.Addr, one netip.Addr) bool {
	for _, other := range all {
		if other == one {
			return true
		}
	}
	return false
}

func resolved(ctx context.Context, dial string) []netip.Addr {
	known.Lock()
	before := known.answers[dial]
	known.Unlock()
	if dial == "" || time.Now().Before(before.until) {
		return before.found
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", dial)
	if err != nil {
		found = before.found // what it said before still stands
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	known.Lock()
	defer known.Unlock()
	known.answers[dial] = answer{time.Now().Add(time.Minute), found}
	return found
}

// Dial connects to a host of the lane: to the first of its addresses that answers.
func Dial(ctx context.Context, _, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	found, err := addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: patience, KeepAlive: 45 * time.Second}
	for _, address := range found {
		var made net.Conn
		if made, err = dialer.DialContext(ctx, "tcp4", net.JoinHostPort(address.String(), port)); err == nil {
			return made, nil
		}
	}
	return nil, fmt.Errorf("no address of the lane answers: %w", err)
}

// Client goes through the lane. It keeps connections alive, for less time than the load balancer remembers them.
func Client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext, transport.Proxy, transport.IdleConnTimeout = Dial, nil, idle
	return &http.Client{Transport: transport}
}

// Check fails if calls would go around the lane.
func Check() error {
	now, err := current()
	if err != nil {
		return err
	}
	for _, name := range []string{"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"} {
		if strings.EqualFold(os.Getenv(name), "true") {
			return fmt.Errorf("%s leads to hosts that are not in the lane", name)
		}
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL") {
			to, err := url.Parse(value)
			if err != nil || !now.carries(to.Hostname()) {
				return fmt.Errorf("%s leads around the lane", variable)
			}
		}
	}
	tried := 0
	for _, e := range now.Entries {
		ports := e.Ports
		if len(ports) == 0 {
			ports = []int{443}
		}
		for _, host := range e.Hosts {
			for _, port := range ports {
				if strings.HasPrefix(host, "*.") {
					continue // no host of its own to try
				}
				tried++
				if err := check(host, "https://"+net.JoinHostPort(host, strconv.Itoa(port))+"/ping"); err != nil {
					return err
				}
			}
		}
	}
	if tried == 0 {
		return errors.New("the lane names patterns of hosts alone: there is none to check")
	}
	return nil
}

func (s *settings) carries(host string) bool {
	for _, e := range s.Entries {
		if e.carries(host) {
			return true
		}
	}
	return false
}

func check(host, url string) error {
	dialled := ""
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { dialled, _, _ = net.SplitHostPort(got.Conn.RemoteAddr().String()) }}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", url, nil)
	if err != nil {
		return err
	}
	if proxy, err := http.ProxyFromEnvironment(request); proxy != nil || err != nil {
		return fmt.Errorf("a proxy variable leads around the lane: add %s to NO_PROXY", host)
	}
	client := Client()
	defer client.CloseIdleConnections()
	answered, err := client.Do(request)
	if err != nil {
		return err
	}
	answered.Body.Close()
	found, err := addresses(context.Background(), host)
	if address, _ := netip.ParseAddr(dialled); err == nil && !contains(found, address) {
		err = fmt.Errorf("%s was dialled at %s, which is not the lane's", host, dialled)
	}
	return err
}
