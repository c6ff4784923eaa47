# T46. The preferred node has a disk that hangs for two seconds every ten seconds. Leadership goes
# away at the first stall and stays away: it returns only when the disk has worked for long enough,
# and not after each stall.

nodes 3 stall-ms=500
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 1 priority=100
kill 1
       0.050  node 1  is killed
start 1
       0.050  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
stall 1 2000
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 10000
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.157  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.159  node 1  commits up to 2
       0.162  node 1  commits up to 3
       0.162  node 1  answers (1): done, index 3
       0.162  world   request 1 done: OK
       0.658  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       0.659  node 2  is candidate in term 3, leader 0, log up to 3, committed 3
       0.661  node 1  is follower in term 3, leader 0, log up to 3, committed 3
       0.661  node 3  is follower in term 3, leader 0, log up to 3, committed 3
       0.663  node 2  is leader in term 3, leader 2, log up to 4, committed 3
       0.664  node 1  is follower in term 3, leader 2, log up to 4, committed 3
       0.664  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       0.667  node 2  commits up to 4
stall 1 2000
set 2 key0 b
      10.156  node 2  is asked (2): SET key0 b (1 bytes)
run 10000
      10.160  node 2  commits up to 5
      10.160  node 2  answers (2): done, index 5
      10.160  world   request 2 done: OK
stall 1 2000
set 2 key0 c
      20.156  node 2  is asked (3): SET key0 c (1 bytes)
run 10000
      20.160  node 2  commits up to 6
      20.160  node 2  answers (3): done, index 6
      20.160  world   request 3 done: OK
stall 1 2000
set 2 key0 d
      30.156  node 2  is asked (4): SET key0 d (1 bytes)
run 10000
      30.160  node 2  commits up to 7
      30.160  node 2  answers (4): done, index 7
      30.160  world   request 4 done: OK
stall 1 2000
set 2 key0 e
      40.156  node 2  is asked (5): SET key0 e (1 bytes)
run 10000
      40.160  node 2  commits up to 8
      40.160  node 2  answers (5): done, index 8
      40.160  world   request 5 done: OK
status
      50.156  node 1  follower in term 3, log up to 8 of term 3, on disk 8, committed 8
      50.156  node 2  leader in term 3, log up to 8 of term 3, on disk 8, committed 8
      50.156  node 3  follower in term 3, log up to 8 of term 3, on disk 8, committed 8
run 650000
     362.065  node 2  is leader in term 3, leader 2, log up to 8, committed 8
     362.066  node 1  is candidate in term 4, leader 0, log up to 8, committed 8
     362.068  node 2  is follower in term 4, leader 0, log up to 8, committed 8
     362.068  node 3  is follower in term 4, leader 0, log up to 8, committed 8
     362.071  node 1  is leader in term 4, leader 1, log up to 9, committed 8
     362.072  node 2  is follower in term 4, leader 1, log up to 9, committed 8
     362.072  node 3  is follower in term 4, leader 1, log up to 9, committed 8
     362.074  node 1  commits up to 9
status
     700.156  node 1  leader in term 4, log up to 9 of term 4, on disk 9, committed 9
     700.156  node 2  follower in term 4, log up to 9 of term 4, on disk 9, committed 9
     700.156  node 3  follower in term 4, log up to 9 of term 4, on disk 9, committed 9
