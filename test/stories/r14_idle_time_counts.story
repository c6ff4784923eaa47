# R14. A key lives for thirty seconds. Nothing is written for twenty seconds, then all nodes die, and
# start again ten seconds later. The twenty seconds of idle time count: the leader wrote the time into
# its log meanwhile. Only the time in which nobody led does not count, so the key is gone ten seconds
# of leadership later, and not thirty.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
expire 1 key0 30000
       0.156  node 1  is asked (2): PEXPIRE key0 30000
run 20000
       0.159  node 1  commits up to 4
       0.159  node 1  answers (2): done, index 4
       0.159  world   request 2 done: 1
       1.159  node 1  commits up to 5
       2.159  node 1  commits up to 6
       3.159  node 1  commits up to 7
       4.159  node 1  commits up to 8
       5.159  node 1  commits up to 9
       6.159  node 1  commits up to 10
       7.159  node 1  commits up to 11
       8.159  node 1  commits up to 12
       9.159  node 1  commits up to 13
      10.159  node 1  commits up to 14
      11.159  node 1  commits up to 15
      12.159  node 1  commits up to 16
      13.159  node 1  commits up to 17
      14.159  node 1  commits up to 18
      15.159  node 1  commits up to 19
      16.159  node 1  commits up to 20
      17.159  node 1  commits up to 21
      18.159  node 1  commits up to 22
      19.159  node 1  commits up to 23
log 1
      20.156  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command that frees space of 2, 5 time of 2, 6 time of 2, 7 time of 2, 8 time of 2, 9 time of 2, 10 time of 2, 11 time of 2, 12 time of 2, 13 time of 2, 14 time of 2, 15 time of 2, 16 time of 2, 17 time of 2, 18 time of 2, 19 time of 2, 20 time of 2, 21 time of 2, 22 time of 2, 23 time of 2, 24 time of 2
kill 1
      20.156  node 1  is killed
kill 2
      20.156  node 2  is killed
kill 3
      20.156  node 3  is killed
run 10000
start 1
      30.156  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 23
start 2
      30.156  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 23
start 3
      30.156  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 23
run 5000
      31.247  node 2  is pre-candidate in term 2, leader 0, log up to 23, committed 0
      31.249  node 2  is candidate in term 3, leader 0, log up to 23, committed 0
      31.251  node 3  is follower in term 3, leader 0, log up to 23, committed 0
      31.251  node 1  is follower in term 3, leader 0, log up to 23, committed 0
      31.253  node 2  is leader in term 3, leader 2, log up to 24, committed 0
      31.255  node 1  is follower in term 3, leader 2, log up to 24, committed 0
      31.255  node 3  is follower in term 3, leader 2, log up to 24, committed 0
      31.257  node 2  commits up to 24
      32.256  node 2  commits up to 25
      33.256  node 2  commits up to 26
      34.256  node 2  commits up to 27
status
      35.156  node 1  follower in term 3, log up to 27 of term 3, on disk 27, committed 27
      35.156  node 2  leader in term 3, log up to 27 of term 3, on disk 27, committed 27
      35.156  node 3  follower in term 3, log up to 27 of term 3, on disk 27, committed 27
get 2 key0
      35.156  node 2  is asked (3): GET key0
run 50
      35.158  node 2  answers (3): done, index 27
      35.158  world   request 3 done: a
run 8000
      35.256  node 2  commits up to 28
      36.256  node 2  commits up to 29
      37.256  node 2  commits up to 30
      38.256  node 2  commits up to 31
      39.256  node 2  commits up to 32
      40.256  node 2  commits up to 33
      41.256  node 2  commits up to 34
      42.256  node 2  commits up to 35
get 2 key0
      43.206  node 2  is asked (4): GET key0
run 50
      43.208  node 2  answers (4): done, index 35
      43.208  world   request 4 done: nothing
