package ec2

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/instances.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func said(c *fleet.ComputeReading) string {
	var out strings.Builder
	for i := range c.Machines {
		m := &c.Machines[i]
		price := "-"
		if m.Price.OK {
			price = m.Price.V.Text().String()
		}
		fmt.Fprintf(&out, "%s %s %s x%d %s %s %s (%s)\n", m.ID, m.Type, m.GPU, m.GPUs.V, m.State, m.Pricing, price, m.PriceFrom)
	}
	return out.String()
}

func escaped(text string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		return "x"
	}
	return b.String()
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "text/xml;charset=UTF-8", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Method: http.MethodPost, Main: "/",
		Spec:       func(s *fleet.SourceSpec) { s.Options = map[string]string{"region": "eu-central-1"} },
		Credential: awsrig.ID + ":" + awsrig.Secret, Shown: awsrig.ID,
		Pages: map[string]contract.Page{"/": page(fixture(t))},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Compute == nil || len(p.Compute.Machines) != 4 || p.Compute.Machines[0].Name.String() != "chat-1" || len(p.Notices) != 3 {
				t.Fatalf("%+v %v", p.Compute, p.Notices)
			}
		},
		WrongType:  page(strings.Replace(fixture(t), "<instanceId>i-0aaa</instanceId>", "", 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a machine without an id: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			e := escaped(text)
			return map[string]contract.Page{"/": page(`<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>` + e + `</instanceId><instanceType>` + e +
				`</instanceType><instanceState><name>` + e + `</name></instanceState><placement><availabilityZone>` + e + `</availabilityZone></placement><tagSet><item><key>Name</key><value>` +
				e + `</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`)}
		},
		Series: func(n int) contract.Page {
			row := `<item><instanceId>i-0aaa</instanceId><instanceType>p5.48xlarge</instanceType><instanceState><name>running</name></instanceState></item>`
			return page(`<DescribeInstancesResponse><reservationSet><item><instancesSet>` + strings.Repeat(row, n) + `</instancesSet></item></reservationSet></DescribeInstancesResponse>`)
		},
	})
}

const (
	eventPage = `<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>i-0aaa</instanceId><eventsSet>
 <item><instanceEventId>e-1</instanceEventId><code>instance-retirement</code><description>The instance is on degraded hardware</description><notBefore>2026-11-24T04:00:00.000Z</notBefore></item>
 <item><code>system-maintenance</code><description>network</description><notBefore>2026-11-23T04:00:00.000Z</notBefore><notAfter>2026-11-23T06:00:00.000Z</notAfter><notBeforeDeadline>2026-11-29T00:00:00.000Z</notBeforeDeadline></item>
 <item><code>system-reboot</code><description>[Completed] reboot</description><notBefore>2026-11-20T04:00:00.000Z</notBefore></item></eventsSet>
 <systemStatus><status>ok</status></systemStatus></item>
 <item><instanceId>i-0bbb</instanceId><systemStatus><status>impaired</status></systemStatus></item></instanceStatusSet></DescribeInstanceStatusResponse>`
	reservedPage = `<DescribeCapacityReservationsResponse><capacityReservationSet><item><capacityReservationId>cr-1</capacityReservationId><reservationType>capacity-block</reservationType>
 <endDate>2026-11-23T11:30:00.000Z</endDate><state>active</state></item></capacityReservationSet></DescribeCapacityReservationsResponse>`
	spotPage = `<DescribeSpotPriceHistoryResponse><spotPriceHistorySet><item><instanceType>g6.xlarge</instanceType><productDescription>Linux/UNIX</productDescription>
 <spotPrice>0.312400</spotPrice><timestamp>2026-11-22T08:00:00.000Z</timestamp><availabilityZone>eu-central-1b</availabilityZone></item>
 <item><instanceType>g6.xlarge</instanceType><spotPrice>-1</spotPrice></item></spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>`
)

// cloud plays EC2: answer gives a status and a body for an action.
func cloud(t *testing.T, answer func(q url.Values) (int, string)) fleet.Reader {
	t.Helper()
	address := awsrig.Serve(t, "ec2", "eu-central-1", func(_ *http.Request, body []byte) (int, string) {
		q, err := url.ParseQuery(string(body))
		if err != nil || q.Get("Version") != version {
			t.Errorf("%s: %v", body, err)
		}
		return answer(q)
	}).URL
	spec := fleet.SourceSpec{ID: "aws", URL: address, Auth: fleet.SecretRef{Env: "K"}, Options: map[string]string{"region": "eu-central-1"}}
	r, err := newReader(spec, awsrig.Deps(fleet.NewVirtualClock(contract.Start())))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func good(t *testing.T) func(url.Values) (int, string) {
	return func(q url.Values) (int, string) {
		switch q.Get("Action") {
		case "DescribeInstances":
			if q.Get("Filter.1.Name") != "instance-type" || q.Get("Filter.1.Value.2") != "p4*" {
				t.Errorf("%v", q)
			}
			return 200, fixture(t)
		case "DescribeInstanceStatus":
			return 200, eventPage
		case "DescribeCapacityReservations":
			return 200, reservedPage
		case "DescribeSpotPriceHistory":
			if !strings.Contains(q.Encode(), "g6.xlarge") || q.Get("StartTime") != "2026-11-22T09:14:00Z" {
				t.Errorf("%v", q)
			}
			return 200, spotPage
		}
		t.Errorf("%v", q)
		return 400, ""
	}
}

func TestMachinesWithPricesEventsAndEnds(t *testing.T) {
	p, err := cloud(t, good(t)).Read(t.Context())
	if err != nil || len(p.Notices) != 0 {
		t.Fatalf("%v %v", err, p.Notices)
	}
	const want = `i-0aaa p5.48xlarge H100 x8 RUNNING on-demand $55.04 (list of 2026)
i-0bbb g6.xlarge L4 x1 UNWELL spot $0.31 (spot price of its zone)
i-0ccc p5en.48xlarge H200 x8 RUNNING block - ()
i-0ddd p9.900xlarge  x0 STOPPED on-demand $0.00 (it does not run; its disks are billed apart)
`
	c := p.Compute
	if said(c) != want {
		t.Errorf("%s", said(c))
	}
	a, block := &c.Machines[0], &c.Machines[2]
	if len(a.Notices) != 2 || a.Notices[0].Stops || !a.Notices[0].Movable || !a.Notices[1].Stops || !strings.Contains(a.Notices[1].What.String(), "instance-retirement") ||
		!slicesHas(a.Addresses, "aws:///eu-central-1a/i-0aaa") || !a.Started.OK {
		t.Errorf("%+v", a)
	}
	if end := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC); !block.Until.OK || len(block.Notices) != 1 || !block.Notices[0].At.V.Equal(end) || !block.Notices[0].Stops {
		t.Errorf("%+v", block)
	}
	if !c.PricesAsOf.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || c.Blind.IsEmpty() {
		t.Errorf("%v", c.PricesAsOf)
	}
	spot := 0
	for _, o := range c.Offers {
		if o.Pricing == fleet.PricingSpot {
			spot++
		}
	}
	if spot != 1 || len(c.Offers) < 6 {
		t.Errorf("%+v", c.Offers)
	}
}

func slicesHas(list []string, want string) bool {
	return strings.Contains(strings.Join(list, " ")+" ", want+" ")
}

func TestPagesAndRefusals(t *testing.T) {
	pages := 0
	r := cloud(t, func(q url.Values) (int, string) {
		if q.Get("Action") != "DescribeInstances" {
			return 403, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation. User: canary is not authorized to perform: ec2:` +
				q.Get("Action") + ` because</Message></Error></Errors></Response>`
		}
		pages++
		if q.Get("NextToken") == "" {
			return 200, strings.Replace(fixture(t), "</DescribeInstancesResponse>", "<nextToken>p2</nextToken></DescribeInstancesResponse>", 1)
		}
		return 200, `<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>`
	})
	p, err := r.Read(t.Context())
	if err != nil || pages != 2 || len(p.Compute.Machines) != 4 || len(p.Notices) != 3 || p.Compute.Machines[1].Price.OK {
		t.Errorf("%v, %d pages, %v", err, pages, p.Notices)
	}
	for i, right := range []string{"ec2:DescribeInstanceStatus", "ec2:DescribeCapacityReservations", "ec2:DescribeSpotPriceHistory"} {
		if text := p.Notices[i].Text.String(); !strings.Contains(text, "lacks the right "+right) || strings.Contains(text, "canary") {
			t.Errorf("%s", text)
		}
	}
	for code, kind := range map[string]fleet.Kind{"AuthFailure": fleet.KindAuth, "RequestExpired": fleet.KindInvalid, "RequestLimitExceeded": fleet.KindRateLimited} {
		r := cloud(t, func(url.Values) (int, string) {
			return 401, `<Response><Errors><Error><Code>` + code + `</Code><Message>canary</Message></Error></Errors></Response>`
		})
		if _, err := r.Read(t.Context()); fleet.KindOf(err) != kind || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestGPUsOfTypes(t *testing.T) {
	for kind, want := range map[string]string{"p5.4xlarge": "H100 1", "p6-b200.48xlarge": "B200 8", "g6e.12xlarge": "L40S 4", "g4dn.metal": "T4 8", "p5.999xlarge": "H100 ?",
		"m7i.large": " ?", "": " ?"} {
		gpu, n := gpus(kind)
		got := gpu + " ?"
		if n.OK {
			got = fmt.Sprint(gpu, " ", n.V)
		}
		if got != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

func FuzzInstances(f *testing.F) {
	f.Add([]byte(`<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i</instanceId><instanceType>p5.48xlarge</instanceType></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`),
		[]byte(eventPage))
	f.Fuzz(func(t *testing.T, list, events []byte) {
		var page instancePage
		var told struct {
			List []announced `xml:"instanceStatusSet>item"`
		}
		if xml.Unmarshal(list, &page) != nil || page.Set == nil {
			return
		}
		_ = xml.Unmarshal(events, &told) // without them there are none
		r := openFuzz(t)
		for _, x := range page.Set.Reservations {
			for i := range x.Instances {
				var a *announced
				if len(told.List) > 0 {
					a = &told.List[0]
				}
				m := r.machine(&x.Instances[i], a, nil)
				for _, n := range m.Notices {
					if !fleet.IsClean(n.What.String()) {
						t.Errorf("%q", n.What)
					}
				}
				if !fleet.IsClean(m.Name.String()) || !fleet.IsClean(m.Type.String()) || m.State == "" {
					t.Errorf("%+v", m)
				}
			}
		}
	})
}

func openFuzz(t *testing.T) *reader {
	t.Helper()
	r, err := newReader(fleet.SourceSpec{ID: "aws", URL: "https://ec2.eu-central-1.amazonaws.com"}, contract.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return r.(*reader)
}
