# SPDX-License-Identifier: GPL-2.0
#
# gnuplot -c plot.gp BENCH.DAT BENCH.SVG: instructions per packet against the length of the inner
# packet. See write_plot() of report for the data.

set terminal svg noenhanced size 1160,480 dynamic background rgb "white" font "sans-serif,13"
set output ARG2
set multiplot layout 1,2 margins 0.09,0.77,0.13,0.92 spacing 0.08
set xlabel "inner packet, bytes"
set xrange [0:1500]
set xtics 0,256
set yrange [0:*]
set grid ytics lc rgb "#dddddd"
set key at screen 0.785,0.92 top left vertical Left reverse spacing 1.4

array colours[9] = ["#555555", "#0060ad", "#5a9bd4", "#7b5ea7", "#c44e52", "#dd8452", "#55a868", \
	"#bbbbbb", "#999999"]
array names[9] = ["kernel WireGuard", "xdp-wg", "xdp-wg, tcx", "xdp-wg, inner_flow", \
	"AEAD, scatterlist", "AEAD, linear", "AEAD, composed", "stack, plain", \
	"xdp-forward, plain"]
array titles[2] = ["encrypt at R1", "decrypt at R2"]

do for [panel = 1:2] {
	set title titles[panel]
	if (panel == 1) {
		set ylabel "instructions per packet"
	} else {
		unset ylabel
		unset key
	}
	plot for [column = 2:10] ARG1 index panel - 1 using 1:column with linespoints \
		lc rgb colours[column - 1] lw (column == 3 ? 3 : 1.5) pt 7 ps 0.4 \
		dt 1 + (column > 5) title names[column - 1]
}
unset multiplot
