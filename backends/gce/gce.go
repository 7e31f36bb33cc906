// Package gce reads machines with GPUs that are rented at Google Compute Engine in one project: state, price by the list, maintenance
// that is announced, the end of their time.
// It must not change anything, and keep nothing of what an instance is started with: metadata holds keys and scripts.
package gce

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/googleapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

// OptionProject names the project.
const OptionProject = "project"

const (
	maxPages = 50
	perPage  = "500"
)

// Connector returns the connector "gce". A source's URL is https://compute.googleapis.com.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "gce", Title: "Google Compute Engine", Interval: time.Minute, NewReader: newReader,
		Reads: "instances with GPUs: state, list price, upcoming maintenance, end of their time"}
}

var blind = fleet.Text("committed use, reservations and private prices are not told; prices of spot instances are those of the " +
	"configuration")

type reader struct {
	*machines.Asker

	project string
}

var project = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,80}$`)

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	r := &reader{project: spec.Options[OptionProject]}
	if err := billing.Options(spec, OptionProject, machines.OptionPrices); err != nil {
		return nil, err
	}
	if !project.MatchString(r.project) {
		return nil, billing.Wrong(spec.ID, "option project names no project")
	}
	var err error
	if r.Asker, err = machines.New(spec, googleapi.Signed(deps), strings.TrimSuffix(spec.URL, "/")); err != nil {
		return nil, err
	}
	r.Explain = googleapi.ExplainedToken
	return r, nil
}

// instance is what is read of one.
type instance struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"machineType"` // addresses, of which the last part is the name
	Zone    string `json:"zone"`
	Status  string `json:"status"`
	Started string `json:"lastStartTimestamp"`
	Host    string `json:"hostname"`
	GPUs    []struct {
		Kind  string `json:"acceleratorType"`
		Count int    `json:"acceleratorCount"`
	} `json:"guestAccelerators"`
	Scheduling struct {
		Model string `json:"provisioningModel"` // STANDARD, SPOT, FLEX_START, RESERVATION_BOUND
		Spot  bool   `json:"preemptible"`
		Ends  string `json:"terminationTime"`
	} `json:"scheduling"`
	Resource struct {
		Next *struct {
			Type    string `json:"type"`
			Status  string `json:"maintenanceStatus"`
			Movable bool   `json:"canReschedule"`
			From    string `json:"windowStartTime"`
			To      string `json:"windowEndTime"`
		} `json:"upcomingMaintenance"`
	} `json:"resourceStatus"`
	Networks []struct {
		IP     string `json:"networkIP"`
		Access []struct {
			IP string `json:"natIP"`
		} `json:"accessConfigs"`
	} `json:"networkInterfaces"`
}

// Read reads the instances of all zones. Half a list would look like machines that are gone.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	c := &fleet.ComputeReading{Blind: blind, Offers: machines.Offers("gcp", "")}
	var first *httpx.Reply
	var notices []fleet.Notice
	q := url.Values{"maxResults": {perPage}, "returnPartialSuccess": {"true"}}
	for range maxPages {
		var page struct {
			Zones *map[string]struct {
				Instances []instance `json:"instances"`
			} `json:"items"`
			Unreachable []string        `json:"unreachables"`
			Next        string          `json:"nextPageToken"`
			Error       json.RawMessage `json:"error"`
			Kind        string          `json:"kind"`
		}
		reply, err := r.Get(ctx, "/compute/v1/projects/"+url.PathEscape(r.project)+"/aggregated/instances?"+q.Encode(), &page)
		if err != nil {
			return fleet.Partial{}, err
		}
		if first == nil {
			first = reply
		}
		if page.Zones == nil && page.Kind != "compute#instanceAggregatedList" || len(page.Error) > 0 {
			return fleet.Partial{}, r.Invalid("the answer holds no list of instances; check the url")
		}
		if page.Zones != nil {
			for _, zone := range *page.Zones {
				if err := r.add(c, zone.Instances); err != nil {
					return fleet.Partial{}, err
				}
			}
		}
		if len(page.Unreachable) > 0 {
			notices = append(notices, fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Concat(
				fleet.Text("machines are not known of zones that do not answer: "),
				fleet.Quote(strings.Join(page.Unreachable[:min(len(page.Unreachable), 8)], ", ")))})
		}
		if page.Next == "" {
			slices.SortFunc(c.Machines, func(a, b fleet.Machine) int { return cmp.Compare(a.ID, b.ID) })
			return r.Partial(first, c, notices), nil
		}
		q.Set("pageToken", page.Next)
	}
	return fleet.Partial{}, r.Invalid("the project lists more pages of instances than are read")
}

// add adds the instances that have GPUs.
func (r *reader) add(c *fleet.ComputeReading, list []instance) error {
	for i := range list {
		if list[i].ID == "" {
			return r.Invalid("an instance of the list has no id")
		}
		if len(list[i].GPUs) == 0 {
			continue
		}
		m, listed := r.machine(&list[i])
		if !listed.IsZero() && (c.PricesAsOf.IsZero() || listed.Before(c.PricesAsOf)) {
			c.PricesAsOf = listed
		}
		c.Machines = append(c.Machines, m)
	}
	return r.Bounded(len(c.Machines))
}

// machine is one instance, and how old the list is that its price is from; zero where it is from none.
func (r *reader) machine(x *instance) (fleet.Machine, time.Time) {
	kind, zone := path.Base(x.Type), path.Base(x.Zone)
	m := fleet.Machine{ID: x.ID, Name: fleet.Label(x.Name), Type: fleet.Label(kind), Region: fleet.Label(zone),
		State: state(x.Status), Said: fleet.Label(x.Status), GPU: machines.GPU(path.Base(x.GPUs[0].Kind)), GPUs: machines.Count(x.GPUs[0].Count),
		Started: machines.Moment(x.Started),
		Until:   machines.Moment(x.Scheduling.Ends), Pricing: pricing(x.Scheduling.Model, x.Scheduling.Spot)}
	names := []string{x.Name, x.Host}
	for _, n := range x.Networks[:min(len(x.Networks), mostAddresses)] {
		names = append(names, n.IP)
		if len(n.Access) > 0 {
			names = append(names, n.Access[0].IP)
		}
	}
	m.Addresses = machines.Known(append(names, "gce://"+r.project+"/"+zone+"/"+x.Name, x.ID)...)
	if u := x.Resource.Next; u != nil {
		m.Notices = []fleet.MachineNotice{{What: fleet.Concat(fleet.Text("maintenance "), fleet.Quote(strings.ToLower(u.Type+" "+u.Status))),
			At: machines.Moment(u.From), Ends: machines.Moment(u.To), Stops: true, Movable: u.Movable}}
	}
	return m, r.price(&m, kind)
}

// mostAddresses bounds what is kept of one instance.
const mostAddresses = 8

// price is what a machine costs now: by the configuration, or by the list where it is on demand.
func (r *reader) price(m *fleet.Machine, kind string) time.Time {
	if m.State == fleet.MachineStopped {
		m.Price, m.PriceFrom = machines.Zero(), fleet.Text("it does not run; its disks are billed apart")
		return time.Time{}
	}
	if m.Price, m.PriceFrom = r.Of(kind); m.Price.OK || m.Pricing != fleet.PricingOnDemand {
		return time.Time{}
	}
	l := machines.Listed("gcp", kind)
	if m.Price, m.PriceFrom = l.Price, l.From; !m.Price.OK {
		return byGPUs(m, kind)
	}
	return l.AsOf
}

// sized is a type whose name ends with how many GPUs it has: within one family, the price goes with their number.
var sized = regexp.MustCompile(`^(a[2-9]-[a-z]+-)(\d{1,2})g$`)

// byGPUs takes the price of a type from that of another size of its family.
func byGPUs(m *fleet.Machine, kind string) time.Time {
	is := sized.FindStringSubmatch(kind)
	if is == nil || !m.GPUs.OK || is[2] != strconv.Itoa(m.GPUs.V) {
		return time.Time{}
	}
	for _, o := range machines.Offers("gcp", "") {
		of, each := sized.FindStringSubmatch(o.Type.String()), o.PerGPU()
		if of == nil || of[1] != is[1] || !each.OK {
			continue
		}
		m.Price, m.PriceFrom = machines.Each(each, m.GPUs.V), fleet.Concat(o.Said, fleet.Text(", by its GPUs"))
		return o.AsOf
	}
	return time.Time{}
}

func state(said string) fleet.MachineState {
	switch said {
	case "PROVISIONING", "STAGING", "PENDING":
		return fleet.MachineStarting
	case "RUNNING":
		return fleet.MachineRunning
	case "REPAIRING":
		return fleet.MachineUnwell
	case "STOPPING", "SUSPENDING", "PENDING_STOP", "DEPROVISIONING":
		return fleet.MachineLeaving
	case "TERMINATED", "SUSPENDED", "STOPPED":
		return fleet.MachineStopped
	default:
		return fleet.MachineUnknown
	}
}

func pricing(model string, spot bool) fleet.Pricing {
	switch {
	case model == "SPOT" || spot:
		return fleet.PricingSpot
	case model == "" || model == "STANDARD":
		return fleet.PricingOnDemand
	case model == "RESERVATION_BOUND":
		return fleet.PricingReserved
	default:
		return fleet.PricingUnknown
	}
}
