"""总览: figures that are links to the lists they add up to, 上线率, 通报. Nothing here counts: journeys and reporting do."""
