/* Draws the layers of a shared page. Words from records are set as text, never as markup. */
var gridward = (function () {
  "use strict";
  var drawn = [];
  var headings = [];
  var sheets = {};

  function element(tag, words, style) {
    var made = document.createElement(tag);
    if (words) { made.textContent = words; }
    if (style) { made.className = style; }
    return made;
  }

  function popup(feature, words) {
    var box = element("div", "", "gw-popup");
    var head = element("div", feature[2], "gw-popup-title");
    if (feature[4]) { head.appendChild(element("span", words.synthetic, "gw-mark")); }
    box.appendChild(head);
    if (feature[5]) {
      var chart = element("div", "", "gw-popup-chart");
      chart.innerHTML = feature[5]; /* our own drawing, no record's words in it */
      box.appendChild(chart);
    }
    var table = element("table", "");
    feature[3].forEach(function (row) {
      var line = element("tr");
      line.appendChild(element("th", headings[row[0]]));
      line.appendChild(element("td", row[1]));
      table.appendChild(line);
    });
    box.appendChild(table);
    return box;
  }

  /* The base map has sheets of its own, each at its height, through which a finger reaches what lies below. */
  function sheet(map, order) {
    var name = "gw-base-" + order;
    if (!map.getPane(name)) {
      var pane = map.createPane(name);
      pane.style.zIndex = order < 20 ? 200 + order : 400 + order; /* areas of the theme lie at 400 */
      pane.style.pointerEvents = "none";
      sheets[name] = L.canvas({ pane: name });
    }
    return { pane: name, renderer: sheets[name] };
  }

  function shape(map, feature, look, drawing, order) {
    var silent = drawing.silent;
    if (look.svg) {
      var icon = L.divIcon({
        html: look.svg, className: look.above ? "gw-marker gw-above" : "gw-marker", iconSize: [look.box, look.box],
        iconAnchor: [look.box / 2, look.above ? look.box + 7 : look.box / 2]
      });
      return L.marker(feature[1], { icon: icon, interactive: !silent, keyboard: !silent, alt: feature[2],
        zIndexOffset: 1000 * (look.rank || 0) });
    }
    var style = L.extend({ interactive: !silent, smoothFactor: 0.7 }, look.style);
    return L.polygon(feature[1], silent ? L.extend(style, sheet(map, order)) : style);
  }

  function records(map, content) {
    var drawing = content.drawing;
    var words = content.words;
    var group = L.layerGroup();
    drawing.features.forEach(function (feature) {
      var made = shape(map, feature, drawing.looks[feature[0]], drawing, content.order);
      if (!drawing.silent) {
        made.bindPopup(function () { return popup(feature, words); }, {
          maxWidth: Math.min(340, window.innerWidth - 100), maxHeight: 320, autoPanPaddingTopLeft: [50, 12]
        });
        made.bindTooltip(element("span", feature[2]), { sticky: !drawing.looks[feature[0]].svg });
      }
      group.addLayer(made);
    });
    return group;
  }

  function labels(given) {
    var group = L.layerGroup();
    given.items.forEach(function (item) {
      var words = element("span", item[2]);
      words.setAttribute("data-priority", given.priority);
      words.style.fontSize = given.size + "px";
      words.style.color = given.colour;
      words.style.fontWeight = given.bold ? "700" : "400";
      if (given.halo) {
        words.style.textShadow = "0 0 2px " + given.halo + ",0 0 2px " + given.halo + ",0 0 3px " + given.halo;
      }
      var style = "gw-label" + (given.below ? " gw-below" : "");
      group.addLayer(L.marker([item[0], item[1]], {
        icon: L.divIcon({ html: words, className: style, iconSize: [0, 0] }),
        interactive: false, keyboard: false, zIndexOffset: -1000
      }));
    });
    return group;
  }

  /* A layer is on the map when its box is ticked and the zoom is one it is meant for. */
  function follow(map, outer, inner, zooms) {
    function check() {
      var wanted = map.getZoom() >= zooms[0] && map.getZoom() <= zooms[1];
      if (wanted !== outer.hasLayer(inner)) { outer[wanted ? "addLayer" : "removeLayer"](inner); }
    }
    map.on("zoomend", check);
    check();
  }

  /* A layer that comes back must not lie above those that belong on top of it; the lowest may stay. */
  function restack(map) {
    drawn.filter(function (layer) {
      return !layer.silent && map.hasLayer(layer.outer) && layer.outer.hasLayer(layer.inner);
    }).slice(1).forEach(function (layer) {
      layer.inner.eachLayer(function (part) { if (part.bringToFront) { part.bringToFront(); } });
    });
  }

  /* Words that would lie on more important ones are left out. */
  function declutter() {
    var kept = [];
    var all = Array.prototype.slice.call(document.querySelectorAll(".gw-label span"));
    all.forEach(function (words) { words.style.visibility = ""; });
    all.sort(function (a, b) { return b.getAttribute("data-priority") - a.getAttribute("data-priority"); });
    all.forEach(function (words) {
      var box = words.getBoundingClientRect();
      var covered = kept.some(function (other) {
        return box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
      });
      if (covered) { words.style.visibility = "hidden"; } else { kept.push(box); }
    });
  }

  /* Seen from far away, whole symbols would only cover each other. */
  function sizeMarkers(map) {
    var zoom = map.getZoom();
    map.getContainer().style.setProperty("--gw-size", zoom < 8.5 ? 0.55 : zoom < 9.75 ? 0.8 : 1);
  }

  function draw(map, outer, content) {
    headings = content.headings;
    var inner = records(map, content);
    drawn.push({ outer: outer, inner: inner, silent: content.drawing.silent });
    follow(map, outer, inner, content.zooms);
    if (content.drawing.labels) { follow(map, outer, labels(content.drawing.labels), content.drawing.labels.zooms); }
  }

  function finish(map, home) {
    function settle() {
      restack(map);
      declutter();
    }
    map.on("overlayadd overlayremove zoomend", settle);
    L.control.scale({ imperial: false, maxWidth: 140, position: "bottomright" }).addTo(map);
    sizeMarkers(map);
    map.on("zoomend", function () { sizeMarkers(map); });
    var box = document.querySelector(".gw-legend-box");
    map.getContainer().appendChild(box);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    var legend = document.getElementById("gw-legend");
    document.getElementById("gw-legend-button").addEventListener("click", function () {
      legend.classList.toggle("gw-open");
    });
    if (window.innerWidth >= 720) { legend.classList.add("gw-open"); }
    function look() {
      /* the open legend must not lie on the area the page is about */
      var room = window.innerWidth >= 1000 ? box.offsetWidth + 24 : 16;
      map.fitBounds(home, { paddingTopLeft: [room, 16], paddingBottomRight: [16, 16], animate: false });
    }
    look();
    settle();
    /* words are wider once the page's own font is in use */
    if (document.fonts && document.fonts.ready) { document.fonts.ready.then(function () { look(); settle(); }); }
    document.body.setAttribute("data-ready", "1");
  }

  return { draw: draw, finish: finish };
})();
