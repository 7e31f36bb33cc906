package azurevms

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

const list = "/subscriptions/0-0/providers/Microsoft.Compute/virtualMachines"

func one(id, name, size, more string) string {
	return `{"id":` + id + `,"name":` + name + `,"location":"eastus","zones":["2"],"properties":{"hardwareProfile":{"vmSize":"` + size + `"},"osProfile":{"computerName":"vm-host","customData":"canary"}` + more + `}}`
}

func page(all ...string) string { return `{"value":[` + strings.Join(all, ",") + `]}` }

var good = page(one(`"/subscriptions/0-0/resourceGroups/llm/providers/Microsoft.Compute/virtualMachines/A"`, `"a"`, "Standard_ND96isr_H100_v5",
	`,"instanceView":{"statuses":[{"code":"ProvisioningState/succeeded"},{"code":"PowerState/running"}],"maintenanceRedeployStatus":{"isCustomerInitiatedMaintenanceAllowed":true,
 "maintenanceWindowStartTime":"2026-11-26T00:00:00Z","maintenanceWindowEndTime":"2026-11-28T00:00:00Z"}}`),
	one(`"/b"`, `"b"`, "Standard_NC24ads_A100_v4", `,"priority":"Spot","instanceView":{"statuses":[{"code":"PowerState/deallocated"}]}`),
	one(`"/c"`, `"c"`, "Standard_ND1000_X9_v9", `,"priority":"Spot","instanceView":{"statuses":[{"code":"PowerState/running"}]}`),
	one(`"/d"`, `"d"`, "Standard_D4s_v5", ""))

func said(c *fleet.ComputeReading) string {
	var out strings.Builder
	for i := range c.Machines {
		m := &c.Machines[i]
		price := "-"
		if m.Price.OK {
			price = m.Price.V.Text().String()
		}
		fmt.Fprintf(&out, "%s %s %s x%d %s %s %s (%s)\n", m.Name, m.Type, m.GPU, m.GPUs.V, m.State, m.Pricing, price, m.PriceFrom)
	}
	return out.String()
}

func TestContract(t *testing.T) {
	of := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Main: list,
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionSubscription: "0-0"} },
		Pages: map[string]contract.Page{list: of(good)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			const want = `b Standard_NC24ads_A100_v4 A100 x1 STOPPED spot $0.00 (it is deallocated; its disks are billed apart)
c Standard_ND1000_X9_v9  x0 RUNNING spot - ()
a Standard_ND96isr_H100_v5 H100 x8 RUNNING on-demand $98.32 (list of 2026-08-17)
`
			if p.Compute == nil || said(p.Compute) != want {
				t.Fatalf("%s", said(p.Compute))
			}
			for i := range p.Compute.Machines {
				if a := &p.Compute.Machines[i]; a.Name.String() == "a" && (len(a.Notices) != 1 || !a.Notices[0].Movable || !a.Notices[0].Stops || a.Region.String() != "eastus-2" || a.Addresses[0] != "vm-host") {
					t.Errorf("%+v", a)
				}
			}
			if strings.Contains(fmt.Sprintf("%+v", p), "canary") {
				t.Error("what a machine is started with is kept")
			}
		},
		WrongType:  of(strings.Replace(good, `"name":"b"`, `"name":7`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{list: of(page(one(string(q)[:len(q)-1]+`/x"`, string(q)[:len(q)-1]+`x"`, "Standard_ND96isr_H100_v5", `,"priority":`+string(q)+`,"instanceView":{"statuses":[{"code":`+
				string(append([]byte(`"PowerState/`), q[1:]...))+`}]}`)))}
		},
		Series: func(n int) contract.Page {
			return of(page(strings.TrimSuffix(strings.Repeat(one(`"/a"`, `"a"`, "Standard_ND96isr_H100_v5", "")+",", n), ",")))
		},
	})
}

// pool is a scale set of AKS.
const pool = "/subscriptions/0-0/resourceGroups/mc_llm/providers/Microsoft.Compute/virtualMachineScaleSets/aks-gpu"

// azure plays Resource Manager and the Retail Prices API.
func azure(t *testing.T, retail string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/retail/prices":
			if r.Header.Get("Authorization") != "" {
				t.Error("the token was shown to the price list")
			}
			if f := r.URL.Query().Get("$filter"); !strings.Contains(f, "armRegionName eq 'eastus' and armSkuName eq 'Standard_N") {
				t.Errorf("%s", f)
			}
			_, _ = w.Write([]byte(retail))
		case strings.HasSuffix(r.URL.Path, "/virtualMachineScaleSets"):
			_, _ = w.Write([]byte(page(`{"id":"`+pool+`","sku":{"name":"Standard_ND96isr_H100_v5","capacity":1},"properties":{"orchestrationMode":"Uniform","virtualMachineProfile":{"priority":"Spot"}}}`,
				`{"id":"`+pool+`2","sku":{"name":"Standard_D4s_v5"},"properties":{}}`, `{"id":"`+pool+`3","sku":{"name":"Standard_ND96isr_H100_v5"},"properties":{"orchestrationMode":"Flexible"}}`)))
		case r.URL.Path == pool+"/virtualMachines" && r.URL.Query().Get("$expand") == "instanceView":
			_, _ = w.Write([]byte(page(`{"id":"` + pool + `/virtualMachines/0","name":"aks_0","instanceId":"0","location":"eastus","sku":{"name":"Standard_ND96isr_H100_v5"},
 "properties":{"osProfile":{"computerName":"aks-gpu-000000"},"instanceView":{"statuses":[{"code":"PowerState/running"}]}}}`)))
		case r.URL.Query().Get("statusOnly") == "true":
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error":{"code":"AuthorizationFailed","message":"canary: no authorization to perform action 'Microsoft.Compute/virtualMachines/instanceView/read'"}}`))
		default:
			_, _ = w.Write([]byte(page(one(`"/a"`, `"a"`, "Standard_ND96isr_H100_v5", ""), one(`"/b"`, `"b"`, "Standard_NC24ads_A100_v4", `,"priority":"Spot"`))))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRetailPricesOfWhatIsInUse(t *testing.T) {
	row := func(price, more string) string {
		return `{"currencyCode":"USD","retailPrice":` + price + `,"unitOfMeasure":"1 Hour","type":"Consumption",` + more + `}`
	}
	s := azure(t, `{"Items":[`+strings.Join([]string{row("150.5", `"productName":"X Windows","skuName":"ND96","meterName":"ND96"`), row("99.25", `"productName":"X","skuName":"ND96","meterName":"ND96"`),
		row("30.5", `"productName":"X","skuName":"ND96 Spot","meterName":"ND96 Spot"`), row("20", `"productName":"X","skuName":"ND96 Low Priority","meterName":"ND96 Low Priority"`),
		row("120", `"productName":"X CloudServices","skuName":"ND96","meterName":"ND96"`),
		`{"currencyCode":"EUR","retailPrice":1,"unitOfMeasure":"1 Hour","type":"Consumption","productName":"X"}`}, ",")+`]}`)
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Auth: fleet.SecretRef{Env: "K"}, Options: map[string]string{OptionSubscription: "0-0", OptionPricesURL: s.URL}},
		fleet.NewVirtualClock(contract.Start()))
	p, err := r.Read(t.Context())
	const want = `a Standard_ND96isr_H100_v5 H100 x8 UNKNOWN on-demand $99.25 (retail price)
b Standard_NC24ads_A100_v4 A100 x1 UNKNOWN spot $30.50 (retail price)
aks_0 Standard_ND96isr_H100_v5 H100 x8 RUNNING spot $30.50 (retail price)
`
	if err != nil || said(p.Compute) != want || !p.Compute.PricesAsOf.Equal(contract.Start()) {
		t.Errorf("%v %v\n%s", err, p.Compute.PricesAsOf, said(p.Compute))
	}
	if len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "it lacks Microsoft.Compute/virtualMachines/instanceView/read") {
		t.Errorf("%v", p.Notices)
	}
	s = azure(t, `{"error":"x"}`)
	r = contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Options: map[string]string{OptionSubscription: "0-0", OptionPricesURL: s.URL}}, fleet.NewVirtualClock(contract.Start()))
	if p, err := r.Read(t.Context()); err != nil || len(p.Notices) != 2 || p.Compute.Machines[0].PriceFrom.String() != "list of 2026-08-17" {
		t.Errorf("%v %v", err, p.Notices)
	}
}

func TestMistakesOfTheConfiguration(t *testing.T) {
	for _, bad := range []map[string]string{nil, {OptionSubscription: "a/b"}, {OptionSubscription: "0-0", "price_url": "x"}, {OptionSubscription: "0-0", OptionPricesURL: "ftp://x"},
		{OptionSubscription: "0-0", machines.OptionPrices: "A=much"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://management.azure.com", Options: bad}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func FuzzMachine(f *testing.F) {
	f.Add([]byte(one(`"/a"`, `"a"`, "Standard_ND96isr_H100_v5", "")), []byte(`{"Items":[{"currencyCode":"USD","retailPrice":1,"unitOfMeasure":"1 Hour","type":"Consumption"}]}`))
	f.Fuzz(func(t *testing.T, body, retail []byte) {
		var x vm
		var rows struct{ Items []item }
		if json.Unmarshal(body, &x) != nil || json.Unmarshal(retail, &rows) != nil {
			return
		}
		prices := map[priceKey]price{}
		for i := range rows.Items {
			rows.Items[i].into(prices, [2]string{x.Location, x.Properties.Hardware.Size}, contract.Start())
		}
		m, _ := (&reader{Asker: &machines.Asker{}}).machine(&x, x.Properties.View, prices)
		if !fleet.IsClean(m.Name.String()) || !fleet.IsClean(m.Region.String()) || m.State == "" || m.Price.OK && m.Price.V.Amount().IsNegative() {
			t.Errorf("%+v", m)
		}
	})
}
